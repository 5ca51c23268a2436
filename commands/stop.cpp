#include "commands/instance.hpp"
#include "commands/json_text.hpp"
#include "core/file_names.hpp"
#include "core/json.hpp"
#include "io/files.hpp"
#include "io/guard.hpp"
#include "io/process.hpp"

#include <csignal>

#include <fmt/core.h>

namespace exai::commands {
namespace {

/// How long we wait beyond the server's own grace before we say that it did not stop.
constexpr Millis k_margin{5000};
/// How long a reload may take; the server reads some files and judges them.
constexpr Millis k_reload_wait{15000};

Outcome stop_outcome(const std::string& what, long pid) {
  return text_outcome(what + "\n", fmt::format("{{\"schema\":\"exai.signal/1\",\"text\":{},\"pid\":{}}}",
                                               quote_json(what), pid));
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
  if (!*found) return stop_outcome("not running", 0);
  const long pid = (*found)->pid;
  if (context.globals.dry_run) return stop_outcome(fmt::format("would send SIGTERM to pid {}", pid), pid);
  if (auto sent = io::send_signal(pid, SIGTERM); !sent) return fail(sent.error());
  if (gone(pid, *grace, context)) return stop_outcome(fmt::format("stopped, pid {}", pid), pid);
  if (context.stop.stop_requested())
    return fail(ErrorKind::cancelled, fmt::format("pid {} was asked to stop and is still draining", pid),
                "exai status");
  return fail(ErrorKind::timeout,
              fmt::format("pid {} still runs {} after SIGTERM", pid, format_duration(*grace)),
              fmt::format("exai log errors, and when nothing else helps: kill -9 {}", pid));
}

/// What the server says of its settings in the instance file.
struct ReportedSettings {
  long long reloads = 0, generation = 0;
  std::string error, hint;
};
std::optional<ReportedSettings> reported_settings(const Context& context) {
  const auto text =
      io::read_file(path_setting(context, "server.state_dir") / k_lock_file, std::uint64_t{64} << 10U);
  const auto settings = text ? json_at(*text, "settings") : Result<std::string>(fail(text.error()));
  if (!settings) return std::nullopt;  // being written just now, or by an older server
  ReportedSettings reported;
  const auto reloads = integer_of_json(*settings, "reloads"),
             generation = integer_of_json(*settings, "generation");
  if (!reloads || !generation) return std::nullopt;
  reported.reloads = *reloads;
  reported.generation = *generation;
  reported.error = json_at(*settings, "last_error").value_or("");
  reported.hint = json_at(*settings, "hint").value_or("");
  return reported;
}

/// Waits until the server has said what came of one more reload than `before`.
Result<ReportedSettings> await_reload(const ReportedSettings& before, long pid, const Context& context) {
  const Deadline until = context.deadline.within(k_reload_wait, context.clock);
  while (true) {
    if (const auto now = reported_settings(context); now && now->reloads > before.reloads) return *now;
    if (!io::process_facts(pid))
      return fail(ErrorKind::unreachable, fmt::format("pid {} ended instead of reloading", pid),
                  "exai log errors");
    if (until.passed(context.clock) || !pause(Millis{10}, context))
      return fail(ErrorKind::timeout, fmt::format("pid {} has not said what came of the reload", pid),
                  "exai log errors");
  }
}

Result<Outcome> reload(const Args&, Context& context) {
  const auto found = instance_to_signal(context);
  if (!found) return fail(found.error());
  if (!*found) {
    Outcome outcome = stop_outcome("not running", 0);
    outcome.code = ExitCode::fail;
    return outcome;
  }
  const long pid = (*found)->pid;
  if (context.globals.dry_run) return stop_outcome(fmt::format("would send SIGHUP to pid {}", pid), pid);
  const auto before = reported_settings(context);
  if (!before)
    return fail(ErrorKind::unreachable, fmt::format("pid {} is too old to say what comes of a reload", pid),
                fmt::format("restart it, or: kill -HUP {} and look at its log", pid));
  if (auto sent = io::send_signal(pid, SIGHUP); !sent) return fail(sent.error());
  const auto after = await_reload(*before, pid, context);
  if (!after) return fail(after.error());
  if (!after->error.empty())
    return fail(ErrorKind::config, fmt::format("pid {} keeps its old settings: {}", pid, after->error),
                after->hint);
  const std::string what = fmt::format("reloaded, pid {}, generation {} is in force", pid, after->generation);
  return text_outcome(what + "\n",
                      fmt::format("{{\"schema\":\"exai.reload/1\",\"text\":{},\"pid\":{},\"generation\":{}}}",
                                  quote_json(what), pid, after->generation));
}

constexpr cli::Option k_stop_options[] = {{.name = "--grace",
                                           .value = "DUR",
                                           .help = "how long to wait for calls in flight",
                                           .default_value = "server.grace + 5s"}};

const Registered<cli::Command> k_stop{
    cli::Command{.path = "stop",
                 .group = "Serve",
                 .summary = "stops the server of this deployment and waits until it is gone",
                 .options = k_stop_options,
                 .effect = cli::Effect::writes,
                 .run = stop}};
const Registered<cli::Command> k_reload{
    cli::Command{.path = "reload",
                 .group = "Serve",
                 .summary = "the server reads its settings anew and reopens its logs",
                 .effect = cli::Effect::writes,
                 .run = reload}};

}  // namespace
}  // namespace exai::commands
