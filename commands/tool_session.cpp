#include "checks/probes.hpp"
#include "commands/tool.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/timeouts.hpp"
#include "io/files.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands::tool_command {
namespace session {
namespace {

Result<io::McpTarget> target_of(const Args& args, const Context& context) {
  io::McpTarget target;
  if (args.has("--stdio")) {
    target.command = args.rest;
    if (!target.command.empty()) return target;
    return fail(ErrorKind::usage, "--stdio needs the server's command after --",
                "exai tool list --stdio -- exai serve --stdio");
  }
  if (!args.rest.empty())
    return fail(ErrorKind::usage, "words after -- are a server to start and need --stdio",
                "exai tool list --stdio -- exai serve --stdio");
  target.url = args.option("--server").value_or(checks::mcp_url(context.config));
  if (target.url.rfind("ws", 0) == 0) {
    target.token = context.config.secret("ws.token");
  } else if (const auto keys = context.config.list("auth.api_keys"); !keys.empty()) {
    target.token = Secret(keys.front());
  }
  return target;
}

Result<Deadline> patience(const Context& context) {
  const auto profile = timeouts::find_profile(context.config, context.config.text("timeouts.profile"));
  if (!profile) return fail(profile.error());
  const auto hierarchy = timeouts::resolve(context.config, *profile);
  if (!hierarchy) return fail(hierarchy.error());
  return context.deadline.within((*hierarchy)[timeouts::Layer::client], context.clock);
}

Result<void> add_argument(Json& arguments, const std::string& pair) {
  const auto equals = pair.find('=');
  if (equals == std::string::npos || equals == 0 || pair.rfind(":=", 0) == 0)
    return fail(ErrorKind::usage, fmt::format("--arg needs NAME=VALUE, not \"{}\"", printable(pair)),
                "--arg prompt=hello, or --arg count:=3 for JSON");
  if (pair[equals - 1] != ':') {
    arguments[pair.substr(0, equals)] = pair.substr(equals + 1);
    return {};
  }
  auto value = parse_json(std::string_view(pair).substr(equals + 1));
  const std::string name = pair.substr(0, equals - 1);
  if (!value)
    return fail(ErrorKind::usage,
                fmt::format("--arg {} is no JSON: {}", printable(name), value.error().message),
                fmt::format("--arg {}=TEXT passes text", printable(name)));
  arguments[name] = std::move(*value);
  return {};
}

}  // namespace
}  // namespace session

Result<Session> open_session(const Args& args, const Context& context, io::McpObserver observer) {
  const auto target = session::target_of(args, context);
  if (!target) return fail(target.error());
  const auto deadline = session::patience(context);
  if (!deadline) return fail(deadline.error());
  if (args.has("--trace"))
    observer.on_frame = [&context, redactor = Redactor(context.config.secrets())](char way,
                                                                                  std::string_view frame) {
      context.streams.err.write(fmt::format("{} {}\n", way, printable(redactor.apply(frame))));
    };
  observer.on_progress = [&context](std::string_view line) {
    if (context.globals.verbose > 0) context.streams.err.write(printable(line) + "\n");
  };
  auto client = io::McpClient::connect(*target, std::move(observer), *deadline);
  if (!client) {
    Error error = std::move(client).error();
    if (error.hint.empty() && target->command.empty())
      error.hint = "exai serve starts our own server, exai status looks at it";
    return fail(std::move(error));
  }
  return Session{std::move(*client), *deadline};
}

Result<Json> read_arguments(const Args& args) {
  Json arguments = Json::object();
  if (const auto file = args.option("--args-file")) {
    const auto text = io::read_file(*file, std::uint64_t{64} << 20U);
    if (!text) return fail(text.error());
    auto parsed = parse_json(*text, k_file_depth);
    if (!parsed || !parsed->is_object())
      return fail(ErrorKind::config,
                  parsed ? fmt::format("{} holds no JSON object", *file)
                         : fmt::format("{} is no JSON: {}", *file, parsed.error().message),
                  "{\"prompt\": \"hello\"}");
    arguments = std::move(*parsed);
  }
  for (const std::string& pair : args.all("--arg"))
    if (auto added = session::add_argument(arguments, pair); !added) return fail(added.error());
  return arguments;
}

}  // namespace exai::commands::tool_command
