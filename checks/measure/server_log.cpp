#include "checks/measure/server_log.hpp"

#include "checks/measure/log_files.hpp"
#include "core/check.hpp"
#include "core/json.hpp"
#include "io/files.hpp"
#include "io/lines.hpp"

#include <map>
#include <optional>

#include <fmt/core.h>

namespace exai::checks {
namespace log_scan {

// The words are looked for first and proven by the field afterwards: parsing every line would cost seconds.
bool mentions(std::string_view text, bool warnings) {
  return text.find("ERROR") != std::string_view::npos || text.find("CRITICAL") != std::string_view::npos ||
         (warnings && text.find("WARNING") != std::string_view::npos);
}

/// The newest `most` matches of all files, whatever order they are read in.
class Newest {
 public:
  explicit Newest(std::size_t most) : most_(most) {}
  void add(LogLine line) {
    lines_.emplace(line.time, std::move(line));
    if (lines_.size() > most_) lines_.erase(lines_.begin());
  }
  std::vector<LogLine> take() {
    std::vector<LogLine> all;
    for (auto& [time, line] : lines_) all.push_back(std::move(line));
    return all;
  }

 private:
  std::size_t most_;
  std::multimap<std::string, LogLine> lines_;
};

class Scanner {
 public:
  Scanner(Wall since, bool warnings, std::size_t most)
      : since_(format_utc(since)), warnings_(warnings), newest_(most) {}
  void take(std::string_view text, const std::string& file, int line);
  LogScan scan{};
  LogScan finish() {
    scan.matches = newest_.take();
    return std::move(scan);
  }

 private:
  std::string since_;
  bool warnings_;
  Newest newest_;
};

void Scanner::take(std::string_view text, const std::string& file, int line) {
  ++scan.lines;
  if (!mentions(text, warnings_)) return;
  const auto level = json_at(text, "level");
  const auto time = json_at(text, "t");
  if (!level || !time) {
    ++scan.unreadable;
    return;
  }
  if (*time < since_) return;
  if (*level == "ERROR")
    ++scan.errors;
  else if (*level == "CRITICAL")
    ++scan.criticals;
  else if (*level == "WARNING" && warnings_)
    ++scan.warnings;
  else
    return;
  newest_.add(
      {*time, *level, json_at(text, "event").value_or(""), json_at(text, "msg").value_or(""), file, line});
}

}  // namespace log_scan

LogScan scan_server_log(const std::filesystem::path& folder, Wall since, bool warnings, std::size_t most,
                        Deadline deadline, const Clock& clock) {
  constexpr int k_look_every = 4096;  // lines between two looks at the clock
  log_scan::Scanner scanner(since, warnings, most);
  const std::filesystem::path current = folder / "mcp_server.log";
  std::error_code error;
  if (!std::filesystem::exists(current, error)) scanner.scan.missing.push_back(current.string());
  for (const std::filesystem::path& path : log_files(folder, "mcp_server")) {
    int line = 0;
    bool late = deadline.passed(clock);
    const auto read = io::each_line(path, [&](std::string_view text) {
      if (late) return false;
      scanner.take(text, path.string(), ++line);
      late = line % k_look_every == 0 && deadline.passed(clock);
      return true;
    });
    if (!read) scanner.scan.unread.push_back(read.error().message);
    if (late) scanner.scan.unread.push_back(fmt::format("{} was not read to its end in time", path.string()));
  }
  return scanner.finish();
}

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

namespace logs_check {

std::filesystem::path folder(const CheckContext& context) {
  return context.root / context.config.text("log.dir");
}
Wall a_day_ago(const CheckContext& context) {
  return context.clock.wall() - std::chrono::hours{24};
}

CheckResult run_errors(const CheckContext& context) {
  return judge_errors(
      scan_server_log(folder(context), a_day_ago(context), false, 20, context.deadline, context.clock),
      folder(context));
}

CheckResult run_warnings(const CheckContext& context) {
  const LogScan scan =
      scan_server_log(folder(context), a_day_ago(context), true, 100, context.deadline, context.clock);
  if (auto doubt = incomplete(scan)) return std::move(*doubt);
  return check_pass(fmt::format("{} warnings in {} lines", scan.warnings, scan.lines));
}

CheckResult run_timeouts(const CheckContext& context) {
  const LogScan scan =
      scan_server_log(folder(context), a_day_ago(context), true, 10'000, context.deadline, context.clock);
  if (auto doubt = incomplete(scan)) return std::move(*doubt);
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

const Registered<Check> k_errors{
    Check{.id = "logs.errors",
          .title = "no error in the server log of the last 24 hours",
          .tags = "daily",
          .help = "Counts lines of logs/mcp_server.log whose level is ERROR or "
                  "CRITICAL. A missing log is a failure (maintenance:29, maintenance:42).",
          .run = run_errors}};
const Registered<Check> k_warnings{
    Check{.id = "logs.warnings",
          .title = "the warnings of the last 24 hours are counted",
          .tags = "daily",
          .help = "Informational: the number of WARNING lines of logs/mcp_server.log (maintenance:45).",
          .run = run_warnings}};
const Registered<Check> k_timeouts{Check{
    .id = "logs.timeouts",
    .title = "no call ran into a timeout in the last 24 hours",
    .tags = "daily",
    .help = "Counts log lines of timeout events, by their event field and not by the word (maintenance:48).",
    .run = run_timeouts}};
const Registered<Check> k_old{
    Check{.id = "logs.old",
          .title = "old logs are cleaned away",
          .tags = "daily",
          .help = "Names log files untouched for more than 7 days (maintenance:59).",
          .run = run_old}};

}  // namespace logs_check
}  // namespace exai::checks
