// What there is to read: resources/list, resources/templates/list, resources/read, and subscriptions of a
// session.
#include "core/json_access.hpp"
#include "mcp/errors.hpp"
#include "serve/mcp/list_page.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"
#include "serve/mcp/rounds.hpp"

namespace exai::serve::mcp {
namespace {

Action list_resources(MethodCall& call) {
  return list_page(call, call.catalogue->resource_list);
}

Action list_templates(MethodCall& call) {
  return list_page(call, call.catalogue->template_list);
}

Action read_resource(MethodCall& call) {
  const RpcId& id = call.id();
  std::string uri = text_of(call.params, "uri");
  if (uri.empty()) return refuse(id, k_invalid_params, "resources/read needs params.uri (a string)");
  const auto& offered = call.catalogue;
  std::optional<FoundResource> found = offered->find_resource(uri);
  if (!found) {
    return refuse(id, call.era() == Era::session ? k_resource_not_found : k_invalid_params,
                  "unknown resource " + quote_json(shown(uri)) + suggestion(uri, offered->resource_uris()),
                  {{"uri", uri}});
  }
  BeginCall begin;
  const auto nothing = std::make_shared<const Json>();
  if (auto error = read_rounds(call.context, call.message.method, uri, call.params, nothing, begin))
    return refuse(id, *error);
  begin.id = id;
  begin.kind = AnswerKind::resource;
  begin.hint = found->entry->hint;
  begin.uri = std::move(uri);
  begin.job = std::make_shared<const engine::Job>(
      engine::Job{.name = call.message.method,
                  .subject = found->entry->uri,
                  .work = found->entry->work,
                  .scope = found->entry->scope,
                  .run = [offered, entry = found->entry, variables = std::move(found->variables)](
                             engine::CallContext& context) { return entry->read(variables, context); }});
  return begin;
}

SendAnswer no_uri(const MethodCall& call) {
  return refuse(call.id(), k_invalid_params, call.message.method + " needs params.uri (a string)");
}

Action subscribe(MethodCall& call) {
  std::string uri = text_of(call.params, "uri");
  if (uri.empty()) return no_uri(call);
  const std::optional<FoundResource> found = call.catalogue->find_resource(uri);
  if (!found)
    return refuse(call.id(), k_resource_not_found, "unknown resource; resources/list names them",
                  {{"uri", uri}});
  const ResourceEntry& resource = *found->entry;
  if (const auto allowed = check_scope(call.context.caller.principal, resource.scope, resource.uri); !allowed)
    return refuse(call.id(), to_rpc(allowed.error()));
  return SetSubscription{call.id(), std::move(uri), true};
}

/// Also of what is not offered any more.
Action unsubscribe(MethodCall& call) {
  std::string uri = text_of(call.params, "uri");
  if (uri.empty()) return no_uri(call);
  return SetSubscription{call.id(), std::move(uri), false};
}

const Registered<Method> k_resources_list{Method{.id = "resources/list", .handle = list_resources}};
const Registered<Method> k_templates_list{Method{.id = "resources/templates/list", .handle = list_templates}};
const Registered<Method> k_resources_read{Method{.id = "resources/read", .handle = read_resource}};
const Registered<Method> k_resources_subscribe{
    Method{.id = "resources/subscribe", .stateless = false, .handle = subscribe}};
const Registered<Method> k_resources_unsubscribe{
    Method{.id = "resources/unsubscribe", .stateless = false, .handle = unsubscribe}};

}  // namespace
}  // namespace exai::serve::mcp
