#include "core/status.hpp"

#include "core/report.hpp"

namespace exai {
namespace {

constexpr ExitCodeRow k_exit_codes[] = {
    {ExitCode::pass, "pass", "done, healthy, nothing outstanding"},
    {ExitCode::fail, "fail", "at least one check failed or a gate is not met (with --strict also a warning)"},
    {ExitCode::config, "config", "a setting or a file's content is missing, placeholder or invalid"},
    {ExitCode::unknown, "unknown",
     "a needed service could not be asked, a result could not be stored, or no check ran"},
    {ExitCode::human, "human", "a human step is outstanding or overdue"},
    {ExitCode::refused, "refused", "a guard said no: not confirmed, lock held, foreign process"},
    {ExitCode::budget, "budget", "a cost, failure-rate or time budget is used up"},
    {ExitCode::usage, "usage", "the command line is wrong"},
    {ExitCode::no_input, "no input", "an input file cannot be read"},
    {ExitCode::internal, "internal", "a mistake of exai itself"},
    {ExitCode::interrupted, "interrupted", "Ctrl-C"},
    {ExitCode::terminated, "terminated", "SIGTERM"},
};

int badness(Status status) {
  switch (status) {
    case Status::skip:
      return 0;
    case Status::pass:
      return 1;
    case Status::warn:
      return 2;
    case Status::unknown:
      return 3;
    case Status::fail:
      return 4;
  }
  return 4;
}

int badness(ExitCode code) {
  switch (code) {
    case ExitCode::pass:
      return 0;
    case ExitCode::human:
      return 1;
    case ExitCode::unknown:
      return 2;
    case ExitCode::config:
      return 3;
    case ExitCode::no_input:
      return 4;
    case ExitCode::fail:
      return 5;
    case ExitCode::refused:
      return 6;
    case ExitCode::budget:
      return 7;
    case ExitCode::usage:
      return 8;
    case ExitCode::interrupted:
      return 9;
    case ExitCode::terminated:
      return 10;
    case ExitCode::internal:
      return 11;
  }
  return 11;
}

ExitCode code_of(const CheckResult& result, bool strict) {
  const bool good = result.status == Status::pass || result.status == Status::skip ||
                    (result.status == Status::warn && !strict);
  if (good) return ExitCode::pass;
  switch (result.cause) {
    case Cause::none:
      return result.status == Status::unknown ? ExitCode::unknown : ExitCode::fail;
    case Cause::config:
      return ExitCode::config;
    case Cause::human:
      return ExitCode::human;
    case Cause::refused:
      return ExitCode::refused;
    case Cause::budget:
      return ExitCode::budget;
    case Cause::internal:
      return ExitCode::internal;
    case Cause::tolerated:
      return ExitCode::pass;
  }
  return ExitCode::internal;
}

}  // namespace

std::string_view to_string(Status status) {
  switch (status) {
    case Status::pass:
      return "pass";
    case Status::warn:
      return "warn";
    case Status::fail:
      return "fail";
    case Status::unknown:
      return "unknown";
    case Status::skip:
      return "skip";
  }
  return "unknown";
}

Status worse(Status a, Status b) {
  return badness(a) >= badness(b) ? a : b;
}

std::span<const ExitCodeRow> exit_code_table() {
  return k_exit_codes;
}

ExitCode exit_code(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::usage:
      return ExitCode::usage;
    case ErrorKind::config:
      return ExitCode::config;
    case ErrorKind::missing_input:
      return ExitCode::no_input;
    case ErrorKind::unreachable:
    case ErrorKind::timeout:
    case ErrorKind::busy:
      return ExitCode::unknown;
    case ErrorKind::refused:
      return ExitCode::refused;
    case ErrorKind::budget:
      return ExitCode::budget;
    case ErrorKind::internal:
      return ExitCode::internal;
    case ErrorKind::cancelled:
      return ExitCode::interrupted;
    case ErrorKind::not_found:
    case ErrorKind::invalid:
    case ErrorKind::provider:
      return ExitCode::fail;
  }
  return ExitCode::internal;
}

ExitCode worse(ExitCode a, ExitCode b) {
  return badness(a) >= badness(b) ? a : b;
}

ExitCode exit_code(const Report& report, bool strict) {
  if (report.count(Status::skip) == report.results.size()) return ExitCode::unknown;
  ExitCode code = ExitCode::pass;
  for (const CheckResult& result : report.results) code = worse(code, code_of(result, strict));
  return code;
}

}  // namespace exai
