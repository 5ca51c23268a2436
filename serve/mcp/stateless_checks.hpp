// The checks that a stateless request passes before its handler runs, in their order: the first that fails is
// the answer.
#pragma once

#include "serve/mcp/catalogue.hpp"
#include "serve/mcp/request.hpp"

#include <optional>

namespace exai::serve::mcp {

/// Before the method is known: _meta, version header, Mcp-Method and Mcp-Name, supported version.
/// `request` is nullptr where there are no headers (pipes).
std::optional<RpcError> check_envelope(const RpcMessage& message, const net::HttpRequest* request);

/// Mcp-Param-* against the arguments of the named tool.
std::optional<RpcError> check_param_headers(const ToolEntry& tool, const Json& arguments,
                                            const net::HttpRequest& request);

/// A header's value: plain, or "=?base64?...?=" read strictly; nothing when that is broken.
std::optional<std::string> header_text(std::string_view value);

}  // namespace exai::serve::mcp
