#include "checks/logs.hpp"

#include "core/check.hpp"
#include "core/json.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace log_scan {

// The words are looked for first and proven by the field afterwards: parsing every line would cost seconds.
bool mentions(std::string_view text, bool warnings) {
  return text.find("ERROR") != std::string_view::npos || text.find("CRITICAL") != std::string_view::npos ||
         (warnings && text.find("WARNING") != std::string_view::npos);
}

void take(LogScan& scan, std::string_view text, const std::string& file, int line, const std::string& since,
          bool warnings) {
  ++scan.lines;
  if (!mentions(text, warnings)) return;
  const auto level = json_at(text, "level");
  const auto time = json_at(text, "t");
  if (!level || !time) {
    ++scan.unreadable;
    return;
  }
  if (*time < since) return;
  if (*level == "ERROR")
    ++scan.errors;
  else if (*level == "CRITICAL")
    ++scan.criticals;
  else if (*level == "WARNING" && warnings)
    ++scan.warnings;
  else
    return;
  scan.matches.push_back(
      {*time, *level, json_at(text, "event").value_or(""), json_at(text, "msg").value_or(""), file, line});
}

}  // namespace log_scan

LogScan scan_server_log(const std::filesystem::path& folder, Wall since, bool warnings, std::size_t most) {
  LogScan scan;
  const std::filesystem::path current = folder / "mcp_server.log";
  const auto files = io::list_files(folder);
  bool found = false;
  // mcp_server.5.log is older than mcp_server.1.log, which is older than mcp_server.log.
  std::vector<std::filesystem::path> logs;
  for (const io::FileFacts& file : files.value_or(std::vector<io::FileFacts>{})) {
    const std::string name = file.path.filename().string();
    if (!name.starts_with("mcp_server") || !name.ends_with(".log")) continue;
    found = found || file.path == current;
    logs.push_back(file.path);
  }
  std::sort(logs.begin(), logs.end(), [&](const auto& a, const auto& b) {
    if ((a == current) != (b == current)) return b == current;
    return a > b;
  });
  for (const std::filesystem::path& path : logs) {
    const auto text = io::read_file(path, std::uint64_t{1} << 30U);
    if (!text) {
      scan.missing.push_back(path.string());
      continue;
    }
    int line = 0;
    for (std::size_t from = 0; from < text->size();) {
      const std::size_t end = std::min(text->find('\n', from), text->size());
      log_scan::take(scan, std::string_view(*text).substr(from, end - from), path.string(), ++line,
                     format_utc(since), warnings);
      from = end + 1;
    }
  }
  if (!found) scan.missing.push_back(current.string());
  if (scan.matches.size() > most)
    scan.matches.erase(scan.matches.begin(), scan.matches.end() - static_cast<std::ptrdiff_t>(most));
  return scan;
}

CheckResult judge_errors(const LogScan& scan, const std::filesystem::path& folder) {
  if (!scan.missing.empty())
    return check_fail(
        fmt::format("{} is not there, so nothing can be said about errors", scan.missing.front()),
        "exai serve writes it; is log.dir right?");
  const std::string counts =
      fmt::format("{} critical, {} errors in {} lines", scan.criticals, scan.errors, scan.lines);
  CheckResult result =
      scan.criticals + scan.errors == 0
          ? check_pass(counts)
          : check_fail(counts, fmt::format("exai log errors shows them ({})", folder.string()));
  if (scan.unreadable > 0 && result.status == Status::pass)
    result = check_warn(fmt::format("{}; {} lines are no JSON", counts, scan.unreadable),
                        "another program writes into the log folder");
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

namespace logs_check {

std::filesystem::path folder(const CheckContext& context) {
  return context.root / context.config.text("log.dir");
}
Wall a_day_ago(const CheckContext& context) {
  return context.clock.wall() - std::chrono::hours{24};
}

CheckResult run_errors(const CheckContext& context) {
  return judge_errors(scan_server_log(folder(context), a_day_ago(context), false, 20), folder(context));
}

CheckResult run_warnings(const CheckContext& context) {
  const LogScan scan = scan_server_log(folder(context), a_day_ago(context), true, 100);
  if (!scan.missing.empty())
    return check_fail(fmt::format("{} is not there", scan.missing.front()),
                      "exai serve writes it; is log.dir right?");
  return check_pass(fmt::format("{} warnings in {} lines", scan.warnings, scan.lines));
}

CheckResult run_timeouts(const CheckContext& context) {
  const LogScan scan = scan_server_log(folder(context), a_day_ago(context), true, 10'000);
  if (!scan.missing.empty())
    return check_fail(fmt::format("{} is not there", scan.missing.front()),
                      "exai serve writes it; is log.dir right?");
  const auto timeouts = std::count_if(scan.matches.begin(), scan.matches.end(), [](const LogLine& line) {
    return line.event.find("timeout") != std::string::npos;
  });
  if (timeouts == 0) return check_pass("no timeout in the last 24 hours");
  return check_warn(fmt::format("{} timeouts in the last 24 hours", timeouts),
                    "exai log errors --warnings shows them; exai validate timeouts --explain");
}

// Seed 001:59 deletes them; here they are only named, because deleting belongs to a command that asks.
CheckResult run_old(const CheckContext& context) {
  const auto files = io::list_files(folder(context), true);
  if (!files) return check_fail(files.error().message, "exai serve creates it; is log.dir right?");
  const auto limit = std::filesystem::file_time_type::clock::now() - std::chrono::hours{24 * 7};
  std::size_t old = 0;
  for (const io::FileFacts& file : *files) {
    std::error_code error;
    if (std::filesystem::last_write_time(file.path, error) < limit && !error) ++old;
  }
  if (old == 0) return check_pass("no log is older than 7 days");
  return check_warn(fmt::format("{} log files are older than 7 days", old),
                    fmt::format("find {} -name '*.log' -mtime +7 -delete", folder(context).string()));
}

const Registered<Check> k_errors{Check{.id = "logs.errors",
                                       .title = "no error in the server log of the last 24 hours",
                                       .tags = "daily",
                                       .help = "Counts lines of logs/mcp_server.log whose level is ERROR or "
                                               "CRITICAL. A missing log is a failure (seed 001:29, 42).",
                                       .run = run_errors}};
const Registered<Check> k_warnings{
    Check{.id = "logs.warnings",
          .title = "the warnings of the last 24 hours are counted",
          .tags = "daily",
          .help = "Informational: the number of WARNING lines of logs/mcp_server.log (seed 001:45).",
          .run = run_warnings}};
const Registered<Check> k_timeouts{Check{
    .id = "logs.timeouts",
    .title = "no call ran into a timeout in the last 24 hours",
    .tags = "daily",
    .help = "Counts log lines of timeout events, by their event field and not by the word (seed 001:48).",
    .run = run_timeouts}};
const Registered<Check> k_old{Check{.id = "logs.old",
                                    .title = "old logs are cleaned away",
                                    .tags = "daily",
                                    .help = "Names log files untouched for more than 7 days (seed 001:59).",
                                    .run = run_old}};

}  // namespace logs_check
}  // namespace exai::checks
