#include "commands/instance.hpp"
#include "core/json.hpp"
#include "io/guard.hpp"
#include "io/process.hpp"

#include <csignal>

#include <fmt/core.h>

namespace exai::commands::stop_command {
namespace {

/// How long we wait beyond the server's own grace before we say that it did not stop.
constexpr Millis k_margin{5000};

Outcome told(const std::string& what, long pid) {
  return said(what + "\n",
              fmt::format("{{\"schema\":\"exai.signal/1\",\"text\":{},\"pid\":{}}}", quote_json(what), pid));
}

bool gone(long pid, Millis patience, const Context& context) {
  const Deadline until = context.deadline.within(patience, context.clock);
  while (io::process_facts(pid))
    if (until.passed(context.clock) || !pause(Millis{20}, context)) return !io::process_facts(pid);
  return true;
}

Result<Outcome> stop(const Args& args, Context& context) {
  const auto grace = duration_option(args, "--grace", context.config.duration("server.grace") + k_margin);
  if (!grace) return fail(grace.error());
  const auto found = instance_to_signal(context);
  if (!found) return fail(found.error());
  if (!*found) return told("not running", 0);
  const long pid = (*found)->pid;
  if (context.globals.dry_run) return told(fmt::format("would send SIGTERM to pid {}", pid), pid);
  if (auto sent = io::send_signal(pid, SIGTERM); !sent) return fail(sent.error());
  if (gone(pid, *grace, context)) return told(fmt::format("stopped, pid {}", pid), pid);
  if (context.stop.stop_requested())
    return fail(ErrorKind::cancelled, fmt::format("pid {} was asked to stop and is still draining", pid),
                "exai status");
  return fail(ErrorKind::timeout,
              fmt::format("pid {} still runs {} after SIGTERM", pid, format_duration(*grace)),
              fmt::format("exai log errors, and when nothing else helps: kill -9 {}", pid));
}

Result<Outcome> reload(const Args&, Context& context) {
  const auto found = instance_to_signal(context);
  if (!found) return fail(found.error());
  if (!*found) {
    Outcome outcome = told("not running", 0);
    outcome.code = ExitCode::fail;
    return outcome;
  }
  const long pid = (*found)->pid;
  if (context.globals.dry_run) return told(fmt::format("would send SIGHUP to pid {}", pid), pid);
  if (auto sent = io::send_signal(pid, SIGHUP); !sent) return fail(sent.error());
  return told(fmt::format("asked pid {} to reload, its log says what came of it", pid), pid);
}

constexpr cli::Option k_options[] = {{.name = "--grace",
                                      .value = "DUR",
                                      .help = "how long to wait for calls in flight",
                                      .standard = "server.grace + 5s"}};
constexpr cli::Example k_stop_examples[] = {{"exai stop", "lets calls in flight finish"},
                                            {"exai stop --dry-run", "says which process would be stopped"}};
constexpr cli::Example k_reload_examples[] = {
    {"exai reload", "after a change of exai.yaml or .env"},
    {"exai validate config", "first see whether the change is right"}};

const Registered<cli::Command> k_stop{cli::Command{
    .path = "stop",
    .group = "Serve",
    .summary = "stops the server of this deployment and waits until it is gone",
    .text =
        "Finds the server by its lock file, its health file or its ports, and sends SIGTERM. One that "
        "serves another folder is not touched. When none runs there is nothing to do, which is a success. "
        "It never kills by force.",
    .options = k_options,
    .examples = k_stop_examples,
    .effect = cli::Effect::writes,
    .run = stop}};
const Registered<cli::Command> k_reload{
    cli::Command{.path = "reload",
                 .group = "Serve",
                 .summary = "the server reads its settings anew and reopens its logs",
                 .examples = k_reload_examples,
                 .effect = cli::Effect::writes,
                 .run = reload}};

}  // namespace
}  // namespace exai::commands::stop_command
