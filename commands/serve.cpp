#include "checks/measure/own_server.hpp"
#include "commands/common.hpp"
#include "commands/file_base.hpp"
#include "core/address.hpp"
#include "core/file_names.hpp"
#include "core/text.hpp"
#include "engine/runtime.hpp"
#include "runbooks/embedded.hpp"
#include "serve/server.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

/// "8000", "127.0.0.1:8000", "[::1]:8000", ":8000" or a URL without a path as the two settings of a listener.
Result<void> add_address(cli::FlagSettings& flags, const Args& args, std::string_view flag,
                         const std::string& listener) {
  const auto given = args.option(flag);
  if (!given) return {};
  const auto no_address = [&](std::string_view why) {
    return fail(ErrorKind::usage,
                fmt::format("{} \"{}\" is not an address to listen on: {}", flag, printable(*given), why),
                fmt::format("{} 127.0.0.1:{}", flag, find_setting(listener + ".port")->default_value));
  };
  const auto address = parse_address(*given);
  if (!address) return no_address(address.error().message);
  if (!address->has_port) return no_address("it names no port");
  const std::string_view scheme = listener == "ws" ? "ws" : "http";
  if (!address->scheme.empty() && address->scheme != scheme)
    return no_address(fmt::format("what listens there speaks {}", scheme));
  if (!address->path.empty() && address->path != "/") return no_address("the paths are fixed, leave it out");
  flags.emplace_back(listener + ".port", std::to_string(address->port));
  if (!address->host.empty()) flags.emplace_back(listener + ".host", address->host);
  return {};
}

Result<cli::FlagSettings> settings_of(const Args& args) {
  cli::FlagSettings flags;
  for (const auto& [flag, listener] : {std::pair{"--http", "http"}, {"--ws", "ws"}, {"--health", "health"}})
    if (auto added = add_address(flags, args, flag, listener); !added) return fail(added.error());
  if (const auto folder = args.option("--workflows")) flags.emplace_back("workflows.dir", *folder);
  return flags;
}

void announce(const std::vector<serve::net::BoundSocket>& listeners, const Context& context) {
  if (context.globals.quiet > 0) return;
  for (const serve::net::BoundSocket& listener : listeners)
    context.streams.err.write(fmt::format("{:<8} {}\n", listener.name, listener.url));
  if (!listeners.empty()) context.streams.err.write("ready, Ctrl-C stops\n");
}

/// The built-in runbooks, for clients to read.
std::vector<tools::Document> runbook_documents() {
  std::vector<tools::Document> documents;
  for (const runbooks::Embedded& runbook : runbooks::embedded_runbooks()) {
    const std::string name(runbook.name);
    documents.push_back({"exai://runbook/" + name, "runbook " + name, "Runbook " + name,
                         "The steps of the runbook " + name + ", as exai runbook run executes them.",
                         "application/yaml", std::string(runbook.text)});
  }
  return documents;
}

Result<Outcome> start(const Args& args, Context& context, serve::ServeOptions options) {
  const auto grace = duration_option(args, "--grace");
  if (!grace) return fail(grace.error());
  options.root = context.root;
  options.grace = *grace;
  options.findings = context.config_findings;
  options.check_only = args.has("--check") || context.globals.dry_run;
  options.terminal = context.streams.err.terminal && !options.stdio;
  options.strict = context.globals.strict;
  options.reload = context.reload;
  options.documents = runbook_documents();
  choose_file_base(context, options);
  const auto served = serve::run_server(
      context.config, options,
      [&](const std::vector<serve::net::BoundSocket>& listeners) { announce(listeners, context); });
  if (!served) return fail(served.error());
  return options.check_only ? text_outcome("the server can start\n") : Outcome{};
}

Result<void> cassettes(const Args& args, const Context& context, serve::ServeOptions& options) {
  const std::string record = args.option("--record").value_or("");
  const std::string replay = args.option("--replay").value_or("");
  if (!record.empty() && !replay.empty())
    return fail(ErrorKind::usage, "--record and --replay exclude each other",
                "record first, then play that file back");
  const auto place = [&](const std::string& name) {
    return name.empty() ? std::filesystem::path() : below(context.root, name);
  };
  options.record = place(record);
  options.replay = place(replay);
  return {};
}

Result<Outcome> run_serve(const Args& args, Context& context) {
  serve::ServeOptions options;
  options.stdio = args.has("--stdio");
  options.connect = args.option("--connect").value_or("");
  if (!options.connect.empty() && !options.stdio)
    return fail(ErrorKind::usage, "--connect bridges standard input and output, so it needs --stdio",
                fmt::format("exai serve --stdio --connect {}", printable(options.connect)));
  if (auto tape = cassettes(args, context, options); !tape) return fail(tape.error());
  return start(args, context, std::move(options));
}

Result<Outcome> shim(const Args& args, Context& context) {
  serve::ServeOptions options;
  options.stdio = true;
  options.connect = args.positional("URL", checks::exai_ws_url(context.config));
  return start(args, context, std::move(options));
}

constexpr cli::Option k_serve_options[] = {
    {.name = "--http",
     .value = "ADDR",
     .help = "PORT or HOST:PORT of /mcp, /metrics, /health, /ready and /status"},
    {.name = "--ws", .value = "ADDR", .help = "PORT or HOST:PORT of the WebSocket daemon"},
    {.name = "--health", .value = "ADDR", .help = "PORT or HOST:PORT of the health listener"},
    {.name = "--stdio", .help = "MCP over standard input and output instead of sockets"},
    {.name = "--connect",
     .value = "URL",
     .help = "with --stdio: hand everything to the daemon at this ws:// address"},
    {.name = "--workflows",
     .value = "DIR",
     .help = "NAME.yaml and NAME.md of further workflows; those of a built-in name replace it",
     .default_value = "workflows.dir"},
    {.name = "--record",
     .value = "FILE",
     .help = "write what providers are asked and answer to a new file, without secrets",
     .values = "@files"},
    {.name = "--replay",
     .value = "FILE",
     .help = "answer from such a file: no network, the same time and ids in every run",
     .values = "@files"},
    {.name = "--check", .help = "load and judge everything, bind nothing, end"},
    {.name = "--grace",
     .value = "DUR",
     .help = "how long a stop waits for calls in flight",
     .default_value = "server.grace"}};
constexpr cli::Positional k_url[] = {{.name = "URL", .help = "the daemon; none means our own"}};

const Registered<cli::Command> k_serve{cli::Command{.path = "serve",
                                                    .group = "Serve",
                                                    .summary = "runs the MCP server",
                                                    .options = k_serve_options,
                                                    .effect = cli::Effect::serves,
                                                    .settings = settings_of,
                                                    .run = run_serve}};
const Registered<cli::Command> k_shim{
    cli::Command{.path = "shim",
                 .group = "Serve",
                 .summary = "bridges standard input and output to a running daemon",
                 .positionals = k_url,
                 .effect = cli::Effect::serves,
                 .hidden = true,
                 .run = shim}};

}  // namespace
}  // namespace exai::commands
