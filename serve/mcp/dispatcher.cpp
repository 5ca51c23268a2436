#include "serve/mcp/dispatcher.hpp"

#include "core/json_access.hpp"
#include "mcp/errors.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"
#include "serve/mcp/stateless_checks.hpp"

#include <optional>

namespace exai::serve::mcp {
namespace {

SendAnswer unknown_method(const RpcMessage& message, Era era) {
  std::vector<std::string> known;
  for (const Method* method : Registered<Method>::all())
    if (method->known_in(era)) known.emplace_back(method->id);
  return refuse(message.id, k_method_not_found,
                "method not found: " + shown(message.method) + suggestion(message.method, known), nullptr,
                era == Era::stateless ? 404 : 200);
}

/// What is wrong with a request before its method is known.
std::optional<SendAnswer> check_form(const RpcMessage& message, Era era, const net::HttpRequest* http) {
  if (era == Era::stateless) {
    if (const auto error = check_envelope(message, http)) return refuse(message.id, *error);
  } else if (message.params.is_array()) {
    return refuse(message.id, k_invalid_params, "params must be an object with named members");
  }
  return std::nullopt;
}

}  // namespace

Action Dispatcher::dispatch(RpcMessage message, const RequestContext& context,
                            const net::HttpRequest* http) const {
  switch (message.kind) {
    case RpcMessage::Kind::request:
      return request(message, context, http);
    case RpcMessage::Kind::notification:
      if (message.method != "notifications/cancelled") return Accepted{};
      return CancelCall{rpc_id(member_of(message.params, "requestId"))};
    case RpcMessage::Kind::response:
      return TakeResponse{message.id, std::move(message.params)};
  }
  return Accepted{};
}

Action Dispatcher::request(RpcMessage& message, const RequestContext& context,
                           const net::HttpRequest* http) const {
  const Era era = context.revision.era;
  if (auto refusal = check_form(message, era, http)) return std::move(*refusal);
  const Method* method = Registered<Method>::find(message.method);
  if (method == nullptr || !method->known_in(era)) return unknown_method(message, era);
  if (const auto allowed = check_scope(context.caller.principal, method->scope, method->id); !allowed)
    return refuse(message.id, to_rpc(allowed.error()));
  Json params = message.params.is_object() ? std::move(message.params) : Json::object();
  MethodCall call{message, context, http, std::move(params), catalogue_.get(), writer_};
  return method->handle(call);
}

}  // namespace exai::serve::mcp
