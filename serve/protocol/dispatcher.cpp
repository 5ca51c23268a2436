#include "serve/protocol/dispatcher.hpp"

#include "core/text.hpp"
#include "serve/protocol/errors.hpp"

namespace exai::serve {
namespace {
namespace dispatching {

SendAnswer refuse(const RpcId& id, int code, std::string message, Json data = nullptr) {
  RpcError error;
  error.code = code;
  error.message = std::move(message);
  error.data = std::move(data);
  return SendAnswer{rpc_error(id, error)};
}

/// A string member of an object; empty when absent or of another type.
std::string member_text(const Json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string client_name(const Json& params) {
  const auto info = params.find("clientInfo");
  if (info == params.end()) return "unnamed";
  const std::string text = member_text(*info, "name") + " " + member_text(*info, "version");
  return printable(std::string_view(text).substr(0, 200));
}

}  // namespace dispatching
}  // namespace

Action Dispatcher::dispatch(RpcMessage message) const {
  if (message.kind == RpcMessage::Kind::request) return request(message);
  if (message.kind == RpcMessage::Kind::notification && message.method == "notifications/cancelled" &&
      message.params.is_object()) {
    const auto id = message.params.find("requestId");
    if (id != message.params.end()) return CancelCall{rpc_id(*id)};
  }
  return Accepted{};
}

Action Dispatcher::request(RpcMessage& message) const {
  if (message.params.is_array())
    return dispatching::refuse(message.id, k_invalid_params, "params must be an object with named members");
  if (message.method == "tools/call") return call_tool(message);
  if (message.method == "tools/list") return list_tools(message);
  if (message.method == "ping") return SendAnswer{rpc_result(message.id, "{}")};
  if (message.method == "initialize") return initialize(message);
  const std::string meant = did_you_mean(message.method, {"initialize", "ping", "tools/list", "tools/call"});
  std::string text = "method not found: " + std::string(std::string_view(message.method).substr(0, 128));
  if (!meant.empty()) text += "; " + meant;
  return dispatching::refuse(message.id, k_method_not_found, std::move(text));
}

Action Dispatcher::initialize(const RpcMessage& message) const {
  const std::string asked = dispatching::member_text(message.params, "protocolVersion");
  if (asked.empty())
    return dispatching::refuse(message.id, k_invalid_params,
                               "initialize needs params.protocolVersion (a string)",
                               {{"supported", supported_versions()}});
  const std::string_view version = negotiate_version(asked);
  return OpenSession{rpc_result(message.id, initialize_result(identity_, version)), std::string(version),
                     dispatching::client_name(message.params)};
}

Action Dispatcher::list_tools(const RpcMessage& message) const {
  // The list fits one page, so no cursor of ours is in circulation.
  if (message.params.is_object() && message.params.contains("cursor"))
    return dispatching::refuse(message.id, k_invalid_params, "invalid cursor: the list has one page");
  return SendAnswer{rpc_result(message.id, tools_.list_result())};
}

Action Dispatcher::call_tool(RpcMessage& message) const {
  const std::string name = dispatching::member_text(message.params, "name");
  if (name.empty())
    return dispatching::refuse(message.id, k_invalid_params, "tools/call needs params.name (a string)");
  const ToolEntry* entry = tools_.find(name);
  if (entry == nullptr) return SendAnswer{rpc_error(message.id, to_rpc(unknown_tool(tools_, name)))};
  BeginCall call;
  call.id = std::move(message.id);
  call.tool = entry->tool;
  const auto arguments = message.params.find("arguments");
  call.arguments = arguments == message.params.end() ? Json::object() : std::move(*arguments);
  const Result<void> fits = check_arguments(*entry, call.arguments);
  if (!fits) return SendAnswer{rpc_error(call.id, to_rpc(fits.error()))};
  if (const auto meta = message.params.find("_meta"); meta != message.params.end() && meta->is_object()) {
    const auto token = meta->find("progressToken");
    if (token != meta->end()) call.progress_token = rpc_id(*token);
  }
  return call;
}

}  // namespace exai::serve
