#include "runbooks/child.hpp"

#include "core/check.hpp"
#include "core/text.hpp"
#include "io/process.hpp"
#include "runbooks/child_report.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::runbooks {
namespace {

constexpr Millis k_output_slice{200};
constexpr std::size_t k_max_output = std::size_t{8} << 20U;

/// Asked for JSON, without questions and records, with whatever time is left.
std::vector<std::string> argv_of(const std::vector<std::string>& words, const std::vector<std::string>& flags,
                                 Millis left) {
  std::vector<std::string> argv{"/proc/self/exe",
                                "--output",
                                "json",
                                "--no-input",
                                "--no-record",
                                "--timeout",
                                format_duration(std::clamp<Millis>(left, Millis{1}, std::chrono::hours(24)))};
  argv.insert(argv.end(), flags.begin(), flags.end());
  argv.insert(argv.end(), words.begin(), words.end());
  return argv;
}

/// All of its standard output; an error when it took too long, said too much or we are to stop.
Result<std::string> output_of(io::Child& child, Deadline deadline, const std::stop_token& stop,
                              const Clock& clock) {
  std::string out;
  for (;;) {
    auto line = child.read_line(deadline.within(k_output_slice, clock));
    if (line) {
      out += *line + "\n";
      if (out.size() > k_max_output) return fail(ErrorKind::provider, "it wrote more than 8 MiB");
      continue;
    }
    if (line.error().kind != ErrorKind::timeout) return out;
    if (stop.stop_requested()) return fail(ErrorKind::cancelled, "it was stopped");
    if (deadline.passed(clock)) return fail(ErrorKind::timeout, "it did not end in time");
  }
}

Cause cause_of_code(int code) {
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

CheckResult judged_output(const std::string& words, const std::string& output, int code) {
  CheckResult result;
  const auto report = read_child_report(output);
  result.cause = cause_of_code(code);
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

CheckResult run_in_child(const std::vector<std::string>& words, const std::vector<std::string>& flags,
                         Deadline deadline, const std::stop_token& stop, const Clock& clock) {
  const std::string shown = "exai " + join(words, " ");
  auto child = io::Child::start(argv_of(words, flags, deadline.left(clock)), true);
  if (!child) return check_unknown(Error(child.error()).during(fmt::format("running {}", shown)));
  child->close_stdin();
  const auto output = output_of(*child, deadline, stop, clock);
  if (!output) return check_unknown(Error(output.error()).during(fmt::format("running {}", shown)));
  const auto code = child->wait(deadline);
  if (!code)
    return check_unknown(make_error(ErrorKind::timeout, fmt::format("{} did not end in time", shown)));
  return judged_output(shown, *output, *code);
}

}  // namespace exai::runbooks
