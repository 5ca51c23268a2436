// logs.errors: errors of the last 24 hours in the server log.
#include "checks/logs/errors.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_logs_errors(const CheckContext& context) {
  return judge_errors(*last_day_of_log(context), context.path("log.dir"));
}

const Registered<Check> k_logs_errors{
    Check{.id = "logs.errors",
          .title = "no error in the server log of the last 24 hours",
          .tags = "daily",
          .help = "Counts lines of logs/mcp_server.log whose level is ERROR or "
                  "CRITICAL. A missing log is a failure (maintenance:29, maintenance:42).",
          .run = run_logs_errors}};

}  // namespace

std::optional<CheckResult> incomplete(const LogScan& scan) {
  if (!scan.missing.empty())
    return check_fail(fmt::format("{} is not there, so nothing can be said about it", scan.missing.front()),
                      "exai serve writes it; is log.dir right?");
  if (scan.unread.empty()) return std::nullopt;
  const std::string others =
      scan.unread.size() > 1 ? fmt::format(", and {} more", scan.unread.size() - 1) : "";
  return check_unknown(
      make_error(ErrorKind::missing_input,
                 fmt::format("nothing wrong in {} lines, but {}{}", scan.lines, scan.unread.front(), others),
                 "make it readable, or move it out of the log folder"));
}

CheckResult judge_errors(const LogScan& scan, const std::filesystem::path& folder) {
  const std::string counts =
      fmt::format("{} critical, {} errors in {} lines", scan.criticals, scan.errors, scan.lines);
  CheckResult result = check_pass(counts);
  if (scan.criticals + scan.errors > 0)
    result = check_fail(counts, fmt::format("exai log errors shows them ({})", folder.string()));
  else if (auto doubt = incomplete(scan))
    result = std::move(*doubt);
  else if (scan.unreadable > 0)
    result = check_warn(fmt::format("{}; {} lines are not JSON", counts, scan.unreadable),
                        "another program writes into the log folder");
  for (const std::string& gap : scan.unread)
    result.findings.push_back({Status::warn, "logs.unread", gap, {}, ""});
  for (const LogLine& line : scan.matches)
    result.findings.push_back({Status::fail, "logs." + line.event,
                               fmt::format("{} {} {}", line.time, line.level, line.message),
                               Location{line.file, line.line, 0}, ""});
  result.facts.push_back({"errors",
                          fmt::format("{}", scan.errors + scan.criticals),
                          static_cast<double>(scan.errors + scan.criticals),
                          "",
                          {},
                          0.0});
  return result;
}

}  // namespace exai::checks
