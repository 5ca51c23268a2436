// The one table from our error kinds to the codes of both protocols.
#pragma once

#include "core/error.hpp"
#include "mcp/jsonrpc.hpp"

#include <string>
#include <string_view>

namespace exai::mcp {

/// A session that ended or expired: clients that see this begin a new one, some only when they see it.
inline constexpr int k_session_lost = -32001;

/// JSON-RPC code of a kind. Our own codes are positive: the range -32768..-32000 belongs to JSON-RPC and MCP.
int rpc_code(ErrorKind kind);
/// The word of exai_ws for a kind ("OVER_CAPACITY").
std::string_view exai_ws_code(ErrorKind kind);

/// Message, place and context in one line for a reader who sees nothing else; the hint after "; ".
std::string error_line(const Error& error);
/// {"kind","code","message","hint"?,"retry_after"?}: retry_after in seconds.
Json error_facts(const Error& error);
RpcError to_rpc(const Error& error);

}  // namespace exai::mcp
