// What a client without a session has instead: server/discover, subscriptions/listen.
#include "core/json_access.hpp"
#include "mcp/errors.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"

namespace exai::serve::mcp {
namespace {

Action discover(MethodCall& call) {
  return SendAnswer{rpc_result(call.id(), call.writer.discover())};
}

Result<std::vector<std::string>> string_list(const Json& object, const char* key, std::size_t max) {
  std::vector<std::string> list;
  const Json& value = member_of(object, key);
  if (value.is_null()) return list;
  if (!value.is_array() || value.size() > max)
    return fail(ErrorKind::invalid,
                std::string(key) + " must be a list of at most " + std::to_string(max) + " texts");
  for (const Json& item : value) {
    if (!item.is_string()) return fail(ErrorKind::invalid, std::string(key) + " must be a list of texts");
    list.push_back(item.get<std::string>());
  }
  return list;
}

/// Changes of a resource are told to whoever may read it.
Result<void> may_watch(const MethodCall& call, const std::vector<std::string>& uris) {
  for (const std::string& uri : uris) {
    const std::optional<FoundResource> found = call.catalogue->find_resource(uri);
    if (!found) continue;
    const ResourceEntry& resource = *found->entry;
    if (auto allowed = check_scope(call.context.caller.principal, resource.scope, resource.uri); !allowed)
      return allowed;
  }
  return {};
}

Action listen(MethodCall& call) {
  const Json& wanted = member_of(call.params, "notifications");
  if (!wanted.is_object())
    return refuse(call.id(), k_invalid_params, "subscriptions/listen needs params.notifications (an object)");
  BeginListen begin;
  begin.id = call.id();
  begin.filter.tools = member_of(wanted, "toolsListChanged") == true;
  begin.filter.prompts = member_of(wanted, "promptsListChanged") == true;
  begin.filter.resources = member_of(wanted, "resourcesListChanged") == true;
  Result<std::vector<std::string>> uris = string_list(wanted, "resourceSubscriptions", k_max_subscriptions);
  if (!uris) return refuse(call.id(), to_rpc(uris.error()));
  if (const auto allowed = may_watch(call, *uris); !allowed)
    return refuse(call.id(), to_rpc(allowed.error()));
  begin.filter.uris = std::move(*uris);
  Result<std::vector<std::string>> tasks = string_list(wanted, "taskIds", k_max_subscriptions);
  if (!tasks) return refuse(call.id(), to_rpc(tasks.error()));
  if (call.context.caller.client.tasks) begin.filter.tasks = std::move(*tasks);
  return begin;
}

const Registered<Method> k_discover{Method{.id = "server/discover", .in_session = false, .handle = discover}};
const Registered<Method> k_listen{
    Method{.id = "subscriptions/listen", .in_session = false, .handle = listen}};

}  // namespace
}  // namespace exai::serve::mcp
