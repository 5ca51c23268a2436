// How a request is refused.
#pragma once

#include "serve/mcp/action.hpp"

#include <string>

namespace exai::serve::mcp {

SendAnswer refuse(const RpcId& id, const RpcError& error);
SendAnswer refuse(const RpcId& id, int code, std::string message, Json data = nullptr, int http = 200);

/// For want of the tasks extension.
SendAnswer refuse_without_tasks(const RpcId& id, std::string message, int http);

/// How much of a client's word is shown back to it.
std::string shown(const std::string& word);

/// "; did you mean ...", or nothing.
std::string suggestion(const std::string& word, const std::vector<std::string>& known);

}  // namespace exai::serve::mcp
