#include "core/json.hpp"
#include "tools/resources/resource.hpp"

#include <nlohmann/json.hpp>

namespace exai::serve {
namespace conversation_resource {
namespace {

Result<CallAnswer> read(const UriVariables& variables, CallContext& context) {
  const Result<Thread> found = context.memory().load(variables.find("id")->second, context.principal(),
                                                     memory_rules(context.config()));
  if (!found) return fail(found.error());
  Json turns = Json::array();
  for (const store::Message& message : found->messages)
    turns.push_back({{"role", message.role},
                     {"content", message.content},
                     {"tool", message.tool},
                     {"provider", message.provider},
                     {"model", message.model},
                     {"at", format_utc(message.at)}});
  return ResourceOutput{"application/json",
                        pretty_json({{"id", found->id},
                                     {"created", format_utc(found->created)},
                                     {"updated", format_utc(found->updated)},
                                     {"turns", std::move(turns)}}),
                        {}};
}

const Registered<Resource> k_conversation{
    Resource{.id = "exai://conversation/{id}",
             .label = "conversation",
             .title = "Conversation",
             .description = "The turns of a conversation, by the continuation_id that a tool offered.",
             .mime = "application/json",
             .scope = Scope::operator_,
             .read = &read}};

}  // namespace
}  // namespace conversation_resource
}  // namespace exai::serve
