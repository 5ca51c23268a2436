#include "core/text.hpp"
#include "tools/envelope.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::string_view k_instructions =
    "Answer challenge_prompt yourself, on the facts you have, and give your own judgement rather than the "
    "agreement that may be expected. Look at code and documents again where the answer depends on them.";

Result<engine::CallAnswer> run_challenge(const Json& arguments, engine::CallContext& context) {
  const std::string statement = arguments.value("prompt", "");
  if (trim(statement).empty())
    return fail(ErrorKind::invalid, "the prompt is blank", "give in 'prompt' the statement to doubt");
  const std::string_view doubt = trim(embedded_prompt("challenge"));
  Envelope envelope;
  envelope.content_type = "json";
  envelope.content = pretty_json({{"original_statement", statement},
                                  {"challenge_prompt", fmt::format("{}\n\n---\n{}\n---", doubt, statement)},
                                  {"instructions", k_instructions}});
  envelope.metadata = {{"tool_name", "challenge"}};
  const std::string id = context.new_id();
  const Wall now = context.clock().wall();
  const std::vector<store::Message> messages{{"user", statement, "challenge", "", "", now},
                                             {"assistant", std::string(doubt), "challenge", "", "", now}};
  const long long left = context.config().integer("conversation.max_turns") - 1;
  // Without a conversation the answer is as good; there is only nothing to go on with.
  if (left > 0 && context.memory().append(id, context.principal(), messages,
                                          engine::memory_rules(context.config()), true))
    envelope.offer = ContinuationOffer{id, left};
  return enveloped(std::move(envelope));
}

const Registered<Tool> k_challenge_tool{
    Tool{.id = "challenge",
         .title = "Challenge a statement",
         .description = "Turns a statement into a prompt that doubts it, before you agree with it.",
         .idempotent = false,
         .run = &run_challenge}};

}  // namespace
}  // namespace exai::tools
