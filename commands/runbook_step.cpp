// A command step of a runbook: another exai, asked for JSON.
#include "commands/json_text.hpp"
#include "commands/runbook.hpp"
#include "core/text.hpp"
#include "io/process.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace runbook_step {
namespace {

constexpr Millis k_slice{200};
constexpr std::size_t k_most_output = std::size_t{8} << 20U;

/// The same sources of configuration as ours, and whatever time is left.
std::vector<std::string> argv_of(const runbooks::Step& step, const Context& context, Deadline deadline) {
  const auto left = std::max(deadline.left(context.clock), Millis{1});
  std::vector<std::string> argv{"/proc/self/exe",
                                "--output",
                                "json",
                                "--no-input",
                                "--no-record",
                                "--timeout",
                                format_duration(std::min<Millis>(left, std::chrono::hours(24)))};
  const auto add = [&](std::string_view flag, const std::string& value) {
    argv.emplace_back(flag);
    argv.push_back(value);
  };
  if (context.globals.config_file) add("--config", *context.globals.config_file);
  for (const std::string& file : context.globals.env_files)
    if (file != "-") add("--env-file", file);
  if (context.globals.profile) add("--profile", *context.globals.profile);
  if (context.globals.strict) argv.emplace_back("--strict");
  add("--root", context.root.string());
  argv.insert(argv.end(), step.command.begin(), step.command.end());
  return argv;
}

/// All of its standard output; an error when it took too long, said too much or we are to stop.
Result<std::string> output_of(io::Child& child, const Context& context, Deadline deadline,
                              std::stop_token stop) {
  std::string out;
  for (;;) {
    auto line = child.read_line(deadline.within(k_slice, context.clock));
    if (line) {
      out += *line + "\n";
      if (out.size() > k_most_output) return fail(ErrorKind::provider, "it wrote more than 8 MiB");
      continue;
    }
    if (line.error().kind != ErrorKind::timeout) return out;
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "it was stopped");
    if (deadline.passed(context.clock)) return fail(ErrorKind::timeout, "it did not end in time");
  }
}

Cause cause_of(int code) {
  switch (ExitCode(code)) {
    case ExitCode::config:
      return Cause::config;
    case ExitCode::human:
      return Cause::human;
    case ExitCode::refused:
      return Cause::refused;
    case ExitCode::budget:
      return Cause::budget;
    case ExitCode::internal:
      return Cause::internal;
    default:
      return Cause::none;
  }
}

CheckResult judged(const std::string& words, const std::string& output, int code) {
  CheckResult result;
  const auto report = summary_of_report(output);
  result.cause = cause_of(code);
  result.summary = report ? report->summary : fmt::format("{} ended with {}", words, code);
  if (report) result.hint = report->hint;
  if (code == 0)
    result.status = report ? report->verdict : Status::pass;
  else
    result.status =
        code == int(ExitCode::unknown) || code >= int(ExitCode::usage) ? Status::unknown : Status::fail;
  if (result.status == Status::fail || result.status == Status::unknown)
    if (result.hint.empty()) result.hint = words;
  return result;
}

}  // namespace
}  // namespace runbook_step

CheckResult run_command_step(const runbooks::Step& step, const Context& context, Deadline deadline,
                             std::stop_token stop) {
  const std::string words = "exai " + join(step.command, " ");
  auto child = io::Child::start(runbook_step::argv_of(step, context, deadline), true);
  if (!child) return check_unknown(Error(child.error()).during(fmt::format("running {}", words)));
  child->close_stdin();
  const auto output = runbook_step::output_of(*child, context, deadline, stop);
  if (!output) return check_unknown(Error(output.error()).during(fmt::format("running {}", words)));
  const auto code = child->wait(deadline);
  if (!code)
    return check_unknown(make_error(ErrorKind::timeout, fmt::format("{} did not end in time", words)));
  return runbook_step::judged(words, *output, *code);
}

}  // namespace exai::commands
