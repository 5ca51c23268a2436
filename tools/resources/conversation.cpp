#include "core/json.hpp"
#include "core/utc.hpp"
#include "tools/resources/resource.hpp"

#include <nlohmann/json.hpp>

namespace exai::tools {
namespace {

Result<engine::CallAnswer> read_conversation_resource(const UriVariables& variables,
                                                      engine::CallContext& context) {
  const Result<engine::Conversation> found = context.memory().load(
      variables.find("id")->second, context.principal(), engine::memory_rules(context.config()));
  if (!found) return fail(found.error());
  Json turns = Json::array();
  for (const store::Message& message : found->messages)
    turns.push_back({{"role", message.role},
                     {"content", message.content},
                     {"tool", message.tool},
                     {"provider", message.provider},
                     {"model", message.model},
                     {"at", format_utc(message.at)}});
  return engine::ResourceOutput{"application/json",
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
             .read = &read_conversation_resource}};

}  // namespace
}  // namespace exai::tools
