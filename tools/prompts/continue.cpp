#include "tools/prompts/prompt.hpp"

#include <array>

namespace exai::tools {
namespace {

constexpr std::array<PromptArgument, 2> k_arguments{
    {{"continuation_id", "The id from an earlier answer's continuation_offer", true},
     {"prompt", "What to say next; without it the model is asked to go on", false}}};

Result<engine::CallAnswer> make(const PromptArguments& arguments, engine::CallContext& /*context*/) {
  const std::string& id = arguments.find("continuation_id")->second;
  const auto said = arguments.find("prompt");
  engine::PromptOutput output;
  output.description = "Goes on with an earlier conversation";
  output.messages.push_back(
      user_text("Go on with the conversation " + id + ": call the tool `chat` with continuation_id " + id +
                " and the prompt below, then report its answer. The resource exai://conversation/" + id +
                " has what was said so far.\n\n" +
                (said == arguments.end() || said->second.empty() ? "Please continue." : said->second)));
  return output;
}

const Registered<Prompt> k_continue{Prompt{.id = "continue",
                                           .title = "Continue a conversation",
                                           .description = "Goes on with an earlier conversation by its id.",
                                           .arguments = k_arguments,
                                           .make = &make}};

}  // namespace
}  // namespace exai::tools
