// JSON-RPC 2.0 messages as MCP uses them: read from bytes, written to bytes. No batches, no null ids.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace exai::mcp {

/// A request id as JSON text ("7", "\"a\""), never turned into a number of ours; empty = absent.
using RpcId = std::string;

inline constexpr int k_parse_error = -32700;
inline constexpr int k_invalid_request = -32600;
inline constexpr int k_method_not_found = -32601;
inline constexpr int k_invalid_params = -32602;
inline constexpr int k_internal_error = -32603;
// Of MCP.
inline constexpr int k_resource_not_found = -32002;  ///< session revisions only
inline constexpr int k_header_mismatch = -32020;     ///< from 2026-07-28 on, like the next two
inline constexpr int k_missing_capability = -32021;
inline constexpr int k_unsupported_version = -32022;

struct RpcError {
  int code = k_internal_error;
  std::string message;
  Json data;                            ///< null = absent
  int http = 200;                       ///< status where the message travels over HTTP
  std::optional<Scope> needed_scope{};  ///< what the caller's key lacks
};

struct RpcMessage {
  enum class Kind : std::uint8_t { request, notification, response };
  Kind kind = Kind::request;
  RpcId id;
  std::string method;
  Json params;  ///< object or array; null = absent
};

/// What is wrong with a message, and whose answer the complaint is (empty id when that is not known).
struct RpcFault {
  RpcId id;
  RpcError error;
};

tl::expected<RpcMessage, RpcFault> read_message(std::string_view bytes);
/// The same for a value that is parsed already; it is consumed.
tl::expected<RpcMessage, RpcFault> read_message(Json& value);

/// Messages to send. `result` and `params` are JSON text; an empty id leaves the member out.
std::string rpc_result(const RpcId& id, std::string_view result);
std::string rpc_error(const RpcId& id, const RpcError& error);
std::string rpc_notification(std::string_view method, std::string_view params);

/// An id from a member of `params` (requestId of a cancellation); empty when it is neither a string nor an
/// integer.
RpcId rpc_id(const Json& value);

}  // namespace exai::mcp
