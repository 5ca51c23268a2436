#include "mcp/jsonrpc.hpp"

namespace exai::mcp {
namespace {

tl::unexpected<RpcFault> rpc_fault(RpcId id, int code, std::string message) {
  RpcFault fault;
  fault.id = std::move(id);
  fault.error.code = code;
  fault.error.message = std::move(message);
  fault.error.http = 400;
  return tl::unexpected<RpcFault>(std::move(fault));
}

/// The method's shape is right: fill in what remains.
tl::expected<RpcMessage, RpcFault> read_call(Json& object, RpcMessage message) {
  Json& method = object["method"];
  if (!method.is_string() || method.get_ref<const std::string&>().empty())
    return rpc_fault(message.id, k_invalid_request, "\"method\" must be a non-empty string");
  message.method = std::move(method.get_ref<std::string&>());
  if (const auto params = object.find("params"); params != object.end() && !params->is_null()) {
    if (!params->is_object() && !params->is_array())
      return rpc_fault(message.id, k_invalid_request, "\"params\" must be an object");
    message.params = std::move(*params);
  }
  message.kind = message.id.empty() ? RpcMessage::Kind::notification : RpcMessage::Kind::request;
  return message;
}

}  // namespace

RpcId rpc_id(const Json& value) {
  // A fraction or an integer beyond 64 bits has become a double here and could not be echoed exactly.
  if (value.is_string() || value.is_number_integer()) return dump_json(value);
  return {};
}

tl::expected<RpcMessage, RpcFault> read_message(std::string_view bytes) {
  Result<Json> parsed = parse_json(bytes);
  if (!parsed) return rpc_fault({}, k_parse_error, "parse error: " + parsed.error().message);
  return read_message(*parsed);
}

tl::expected<RpcMessage, RpcFault> read_message(Json& value) {
  Json* const parsed = &value;
  if (parsed->is_array())
    return rpc_fault({}, k_invalid_request, "batches belong to revision 2025-03-26 only: send one object");
  if (!parsed->is_object()) return rpc_fault({}, k_invalid_request, "a message must be a JSON object");
  RpcMessage message;
  const auto id = parsed->find("id");
  if (id != parsed->end()) {
    message.id = rpc_id(*id);
    if (message.id.empty())
      return rpc_fault({}, k_invalid_request, "\"id\" must be a string or an integer of 64 bits");
  }
  const auto version = parsed->find("jsonrpc");
  if (version == parsed->end() || !version->is_string() || version->get_ref<const std::string&>() != "2.0")
    return rpc_fault(message.id, k_invalid_request, "\"jsonrpc\" must be \"2.0\"");
  if (parsed->contains("method")) return read_call(*parsed, std::move(message));
  if (!message.id.empty() && (parsed->contains("result") || parsed->contains("error"))) {
    message.kind = RpcMessage::Kind::response;
    message.params = std::move(*parsed);
    return message;
  }
  return rpc_fault(message.id, k_invalid_request,
                   "a message needs \"method\", or \"result\" or \"error\" with an \"id\"");
}

std::string rpc_result(const RpcId& id, std::string_view result) {
  std::string text;
  text.reserve(result.size() + id.size() + 40);
  text.append(R"({"jsonrpc":"2.0","id":)").append(id).append(R"(,"result":)").append(result).push_back('}');
  return text;
}

std::string rpc_error(const RpcId& id, const RpcError& error) {
  std::string text = R"({"jsonrpc":"2.0",)";
  if (!id.empty()) text.append(R"("id":)").append(id).push_back(',');
  text.append(R"("error":{"code":)").append(std::to_string(error.code));
  text.append(R"(,"message":)").append(quote_json(error.message));
  if (!error.data.is_null()) text.append(R"(,"data":)").append(dump_json(error.data));
  return text.append("}}");
}

std::string rpc_notification(std::string_view method, std::string_view params) {
  std::string text = R"({"jsonrpc":"2.0","method":")";
  text.append(method).append(R"(","params":)").append(params).push_back('}');
  return text;
}

}  // namespace exai::mcp
