// JSON-RPC 2.0 messages as MCP uses them: read from bytes, written to bytes. No batches, no null ids.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

namespace exai::serve {

/// A request id as JSON text ("7", "\"a\""), never turned into a number of ours; empty = absent.
using RpcId = std::string;

inline constexpr int k_parse_error = -32700;
inline constexpr int k_invalid_request = -32600;
inline constexpr int k_method_not_found = -32601;
inline constexpr int k_invalid_params = -32602;
inline constexpr int k_internal_error = -32603;

struct RpcError {
  int code = k_internal_error;
  std::string message;
  Json data;  ///< null = absent
};

struct RpcMessage {
  enum class Kind : std::uint8_t { request, notification, response };
  Kind kind = Kind::request;
  RpcId id;
  std::string method;
  Json params;  ///< object or array; null = absent
};

/// What is wrong with a message, and whose answer the complaint is (empty id when that cannot be told).
struct RpcFault {
  RpcId id;
  RpcError error;
};

tl::expected<RpcMessage, RpcFault> read_message(std::string_view bytes);

/// Messages to send. `result` and `params` are JSON text; an empty id leaves the member out.
std::string rpc_result(const RpcId& id, std::string_view result);
std::string rpc_error(const RpcId& id, const RpcError& error);
std::string rpc_notification(std::string_view method, std::string_view params);

/// An id from a member of `params` (requestId of a cancellation); empty when it is no string and no integer.
RpcId rpc_id(const Json& value);

}  // namespace exai::serve
