// Speaking with an MCP server on behalf of `exai tool`, `exai prompt`, `exai resource` and `exai probe mcp`.
#pragma once

#include "commands/common.hpp"
#include "core/json_access.hpp"
#include "core/redact.hpp"
#include "mcp/client/client.hpp"

#include <array>
#include <functional>
#include <memory>

namespace exai::commands::mcp_session {

struct Session {
  std::unique_ptr<mcp::client::McpClient> client;
  Deadline deadline;  ///< of the whole conversation: the client's layer of the timeout hierarchy
};

/// The target that the flags name: --server, or --stdio with the words after "--", or this deployment's own
/// server. Values of --header-env and of headers that carry credentials are appended to `secrets`. Our own
/// token goes to our own server and to this machine only.
Result<mcp::client::McpTarget> target_of(const Args& args, const Context& context,
                                         std::vector<Secret>& secrets);

/// Opens the session that the flags ask for and hands it to the body. --trace, -v and the answers to the
/// server's questions add themselves to the observer; secrets given by flags are replaced in all that comes
/// out.
Result<Outcome> with_session(const Args& args, Context& context, mcp::client::McpObserver observer,
                             const std::function<Result<Outcome>(Session&)>& body);

/// --args-file and --arg together; a later one wins.
Result<Json> read_arguments(const Args& args);

/// What a person wants to read of one content item: its text, or what it is in brackets.
std::string content_text(const Json& item);
/// The same of a result's content: one item or a list of them.
std::string all_content_text(const Json& content);
std::string first_sentence(const std::string& text);
/// The result as the server gave it, with our schema's name beside it.
std::string result_json(const Json& result, const char* schema);
/// "the server has no prompt "x"", with the nearest names.
Error unknown_entry(std::string_view kind, const std::string& name, const Json& entries, const char* member);

inline constexpr std::array k_session_options = {
    cli::Option{.name = "--server",
                .value = "URL",
                .help = "http(s)://.../mcp or ws(s)://...; none means our own server"},
    cli::Option{.name = "--stdio",
                .value = "[CMD]",
                .help = "start this server and speak over its pipes; words after -- are part of it",
                .takes_rest = true},
    cli::Option{.name = "--transport",
                .value = "NAME",
                .help = "how messages travel, where the address does not tell",
                .values = "auto|http|sse|ws|daemon|stdio",
                .default_value = "auto"},
    cli::Option{.name = "--era",
                .value = "ERA",
                .help = "legacy is initialize and sessions, modern is 2026-07-28",
                .values = "auto|legacy|modern",
                .default_value = "auto"},
    cli::Option{.name = "--header",
                .value = "K:V",
                .help = "a header of each HTTP request or of the upgrade",
                .repeat = true},
    cli::Option{.name = "--header-env",
                .value = "K=VAR",
                .help = "the same with a value out of the environment, for secrets",
                .repeat = true},
    cli::Option{.name = "--trace", .help = "show each message on standard error, secrets replaced"}};

/// For commands in which a server may ask the user.
inline constexpr std::array k_input_options = {
    cli::Option{.name = "--input",
                .value = "K=JSON",
                .help = "the answer to a question of the server's: field or question to value",
                .repeat = true},
    cli::Option{.name = "--decline", .help = "decline questions without a word"}};

/// One list out of several, for the record of a command.
template <std::size_t... Sizes>
constexpr auto joined(const std::array<cli::Option, Sizes>&... lists) {
  std::array<cli::Option, (Sizes + ...)> all{};
  std::size_t at = 0;
  const auto add = [&](const auto& list) {
    for (const cli::Option& option : list) all[at++] = option;
  };
  (add(lists), ...);
  return all;
}

inline constexpr std::array k_argument_options = {
    cli::Option{.name = "--arg",
                .value = "K=V",
                .help = "an argument as text; K:=JSON for numbers, lists, objects",
                .repeat = true},
    cli::Option{.name = "--args-file",
                .value = "FILE",
                .help = "all arguments as a JSON object; - is standard input",
                .values = "@files"}};

}  // namespace exai::commands::mcp_session
