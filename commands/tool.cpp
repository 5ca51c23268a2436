#include "commands/mcp_session.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "io/terminal.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

using mcp_session::Session;

Result<Outcome> list_tools(const Args& args, Context& context) {
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto tools = session.client->list(mcp::client::McpList::tools, session.deadline, context.stop);
    if (!tools) return fail(tools.error());
    Outcome outcome;
    outcome.table = cli::Table{{"name", "title", "description"}, {}};
    for (const Json& tool : *tools)
      outcome.table->rows.push_back({text_of(tool, "name"), text_of(tool, "title"),
                                     mcp_session::first_sentence(text_of(tool, "description"))});
    return outcome;
  });
}

Result<Outcome> show_tool(const Args& args, Context& context) {
  return mcp_session::with_session(args, context, {}, [&](Session& session) -> Result<Outcome> {
    const auto tools = session.client->list(mcp::client::McpList::tools, session.deadline, context.stop);
    if (!tools) return fail(tools.error());
    const std::string name = args.positional("NAME");
    for (const Json& tool : *tools) {
      if (text_of(tool, "name") != name) continue;
      std::string text =
          fmt::format("{}  {}\n\n{}\n", name, text_of(tool, "title"), text_of(tool, "description"));
      if (tool.contains("inputSchema")) text += "\narguments\n" + pretty_json(tool["inputSchema"]) + "\n";
      return text_outcome(printable(text), dump_json(Json{{"schema", "exai.tool/1"}, {"tool", tool}}));
    }
    return fail(mcp_session::unknown_entry("tool", name, *tools, "name"));
  });
}

/// Asks for a streamed answer where the tool knows the argument and the caller did not say.
Result<void> want_stream(Json& arguments, const std::string& name, Session& session) {
  if (arguments.contains("stream")) return {};
  const auto tools = session.client->list_tools(session.deadline);
  if (!tools) return fail(tools.error());
  for (const Json& tool : *tools)
    if (text_of(tool, "name") == name && tool.contains(Json::json_pointer("/inputSchema/properties/stream")))
      arguments["stream"] = true;
  return {};
}

/// The code of an answer that says isError: the kind that the server names, else a plain failure.
ExitCode code_of(const Json& result) {
  if (member_of(result, "isError") != true) return ExitCode::pass;
  const Json& structured = member_of(result, "structuredContent");
  std::string kind = text_of(structured, "kind");
  if (kind.empty()) kind = text_of(member_of(structured, "error"), "kind");
  for (const ErrorKind known :
       {ErrorKind::config, ErrorKind::refused, ErrorKind::budget, ErrorKind::unreachable, ErrorKind::timeout,
        ErrorKind::busy, ErrorKind::internal})
    if (to_string(known) == kind) return exit_code(known);
  return ExitCode::fail;
}

/// Our own tools wrap the answer of a model: {status, content, metadata, continuation_offer}.
bool is_envelope(const Json& structured) {
  return member_of(structured, "status").is_string() && !text_of(structured, "content").empty();
}

/// What a person wants to read: the answer itself where the tool wraps one, else all content, and where there
/// is none the structured content.
std::string answer_text(const Json& result) {
  const Json& structured = member_of(result, "structuredContent");
  std::string text = is_envelope(structured) ? text_of(structured, "content")
                                             : mcp_session::all_content_text(member_of(result, "content"));
  if (text.empty() && !structured.is_null()) text = pretty_json(structured);
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  return text;
}

/// What belongs beside the answer, for standard error. What is wrong with it is said in any case; how to go
/// on is left out where it would stand within the answer.
std::vector<std::string> hints_of(const Json& result, bool merged) {
  std::vector<std::string> hints;
  const Json& structured = member_of(result, "structuredContent");
  const Json& metadata = member_of(structured, "metadata");
  if (const std::string warning = text_of(metadata, "warning"); !warning.empty())
    hints.push_back("note: " + warning);
  else if (text_of(metadata, "finish_reason") == "length")
    hints.emplace_back("note: the answer was cut at the model's output limit");
  const std::string id = text_of(member_of(structured, "continuation_offer"), "continuation_id");
  if (!id.empty() && !merged) hints.push_back("go on with --arg continuation_id=" + id);
  if (answer_text(result).empty()) hints.emplace_back("note: the answer has no content");
  return hints;
}

Result<Outcome> call(const Args& args, Context& context) {
  auto arguments = mcp_session::read_arguments(args);
  if (!arguments) return fail(arguments.error());
  const std::string name = args.positional("NAME");
  if (context.globals.dry_run)
    return text_outcome(
        fmt::format("would call {} with {}\n", name, dump_json(*arguments)),
        dump_json(Json{{"schema", "exai.call/1"}, {"tool", name}, {"arguments", *arguments}}));
  const bool stream = args.has("--stream") && context.globals.outputs.empty();
  bool streamed = false;
  mcp::client::McpObserver observer;
  if (stream)
    observer.on_text = [&](std::string_view text) {
      context.streams.out.write(printable(text));
      std::fflush(context.streams.out.file);
      streamed = true;
    };
  return mcp_session::with_session(
      args, context, std::move(observer), [&](Session& session) -> Result<Outcome> {
        if (stream)
          if (auto ready = want_stream(*arguments, name, session); !ready) return fail(ready.error());
        const auto result = session.client->call_tool(name, *arguments, session.deadline, context.stop);
        if (streamed) context.streams.out.write("\n");
        if (!result) return fail(result.error());
        const ExitCode code = code_of(*result);
        // What was streamed is not said again; an error always is.
        std::string text =
            streamed && code == ExitCode::pass ? std::string{} : printable(answer_text(*result));
        const bool merged =
            io::are_merged(fileno(context.streams.out.file), fileno(context.streams.err.file));
        if (context.globals.quiet == 0)
          for (const std::string& hint : hints_of(*result, merged))
            context.streams.err.write(printable(hint) + "\n");
        Outcome outcome = text_outcome(std::move(text), mcp_session::result_json(*result, "exai.call/1"));
        outcome.code = code;
        return outcome;
      });
}

constexpr std::array k_own_options = {
    cli::Option{.name = "--stream", .help = "show the answer as it comes"},
    cli::Option{.name = "--task", .help = "let the server make a task of it, and follow that to its end"}};
constexpr auto k_call_options =
    mcp_session::joined(mcp_session::k_argument_options, k_own_options, mcp_session::k_input_options,
                        mcp_session::k_session_options);
constexpr cli::Positional k_tool_name[] = {
    {.name = "NAME", .help = "a tool", .values = "@tools", .required = true}};

const Registered<cli::Command> k_tool_list{cli::Command{.path = "tool list",
                                                        .group = "Inspect",
                                                        .summary = "the tools that a server offers",
                                                        .options = mcp_session::k_session_options,
                                                        .run = list_tools}};
const Registered<cli::Command> k_tool_show{
    cli::Command{.path = "tool show",
                 .group = "Inspect",
                 .summary = "one tool with the schema of its arguments",
                 .options = mcp_session::k_session_options,
                 .positionals = k_tool_name,
                 .run = show_tool}};
const Registered<cli::Command> k_call{cli::Command{.path = "tool call",
                                                   .group = "Inspect",
                                                   .summary = "calls a tool over MCP, as a client would",
                                                   .options = k_call_options,
                                                   .positionals = k_tool_name,
                                                   .run = call}};

}  // namespace
}  // namespace exai::commands
