#include "commands/mcp_session.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

using mcp_session::Session;

/// "city, days?": an optional one has a question mark.
std::string argument_names(const Json& prompt) {
  std::string names;
  const Json arguments = prompt.value("arguments", Json::array());
  for (const Json& argument : arguments)
    names += fmt::format("{}{}{}", names.empty() ? "" : ", ", text_of(argument, "name"),
                         argument.is_object() && argument.value("required", Json(false)) == true ? "" : "?");
  return names;
}

Result<Outcome> list_prompts(const Args& args, Context& context) {
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto prompts = session.client->list(mcp::client::McpList::prompts, session.deadline, context.stop);
    if (!prompts) return fail(prompts.error());
    Outcome outcome;
    outcome.table = cli::Table{{"name", "title", "arguments", "description"}, {}};
    for (const Json& prompt : *prompts)
      outcome.table->rows.push_back({text_of(prompt, "name"), text_of(prompt, "title"),
                                     argument_names(prompt),
                                     mcp_session::first_sentence(text_of(prompt, "description"))});
    return outcome;
  });
}

Result<Outcome> show_prompt(const Args& args, Context& context) {
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto prompts = session.client->list(mcp::client::McpList::prompts, session.deadline, context.stop);
    if (!prompts) return fail(prompts.error());
    const std::string name = args.positional("NAME");
    for (const Json& prompt : *prompts) {
      if (text_of(prompt, "name") != name) continue;
      std::string text =
          fmt::format("{}  {}\n\n{}\n", name, text_of(prompt, "title"), text_of(prompt, "description"));
      if (prompt.contains("arguments")) text += "\narguments\n" + pretty_json(prompt["arguments"]) + "\n";
      return text_outcome(printable(text), dump_json(Json{{"schema", "exai.prompt/1"}, {"prompt", prompt}}));
    }
    return fail(mcp_session::unknown_entry("prompt", name, *prompts, "name"));
  });
}

/// Arguments of a prompt are texts, whatever was written.
Json as_texts(const Json& arguments) {
  Json texts = Json::object();
  for (const auto& [name, value] : arguments.items())
    texts[name] = value.is_string() ? value : Json(dump_json(value));
  return texts;
}

Result<Outcome> get_prompt(const Args& args, Context& context) {
  const auto arguments = mcp_session::read_arguments(args);
  if (!arguments) return fail(arguments.error());
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto result = session.client->get_prompt(args.positional("NAME"), as_texts(*arguments),
                                                   session.deadline, context.stop);
    if (!result) return fail(result.error());
    std::string text;
    const Json messages = result->value("messages", Json::array());
    for (const Json& message : messages) {
      if (!message.is_object()) continue;
      text += fmt::format(
          "{}: {}\n", text_of(message, "role"),
          mcp_session::all_content_text(message.contains("content") ? message["content"] : Json()));
    }
    return text_outcome(printable(text), mcp_session::result_json(*result, "exai.messages/1"));
  });
}

constexpr auto k_get_options = mcp_session::joined(
    mcp_session::k_argument_options, mcp_session::k_input_options, mcp_session::k_session_options);
constexpr cli::Positional k_prompt_name[] = {{.name = "NAME", .help = "a prompt", .required = true}};

const Registered<cli::Command> k_prompt_list{cli::Command{.path = "prompt list",
                                                          .group = "Inspect",
                                                          .summary = "the prompts that a server offers",
                                                          .options = mcp_session::k_session_options,
                                                          .run = list_prompts}};
const Registered<cli::Command> k_prompt_show{cli::Command{.path = "prompt show",
                                                          .group = "Inspect",
                                                          .summary = "one prompt with its arguments",
                                                          .options = mcp_session::k_session_options,
                                                          .positionals = k_prompt_name,
                                                          .run = show_prompt}};
const Registered<cli::Command> k_prompt_get{
    cli::Command{.path = "prompt get",
                 .group = "Inspect",
                 .summary = "fills in a prompt over MCP and shows its messages",
                 .options = k_get_options,
                 .positionals = k_prompt_name,
                 .run = get_prompt}};

}  // namespace
}  // namespace exai::commands
