#include "checks/measure/server_log.hpp"

#include "checks/measure/log_files.hpp"
#include "core/json.hpp"
#include "io/files.hpp"
#include "io/lines.hpp"

#include <map>

#include <fmt/core.h>

namespace exai::checks {
namespace {

// The words are looked for first and proven by the field afterwards: parsing every line would cost seconds.
bool mentions_level(std::string_view text, bool warnings) {
  return text.find("ERROR") != std::string_view::npos || text.find("CRITICAL") != std::string_view::npos ||
         (warnings && text.find("WARNING") != std::string_view::npos);
}

/// The newest `most` matches of all files, whatever order they are read in.
class NewestLines {
 public:
  explicit NewestLines(std::size_t most) : most_(most) {}
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

class ServerLogScanner {
 public:
  ServerLogScanner(Wall since, bool warnings, std::size_t most)
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
  NewestLines newest_;
};

void ServerLogScanner::take(std::string_view text, const std::string& file, int line) {
  ++scan.lines;
  if (!mentions_level(text, warnings_)) return;
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

}  // namespace

LogScan scan_server_log(const std::filesystem::path& folder, Wall since, bool warnings, std::size_t most,
                        Deadline deadline, const Clock& clock) {
  constexpr int k_look_every = 4096;  // lines between two looks at the clock
  ServerLogScanner scanner(since, warnings, most);
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

std::vector<std::string> server_events(const CheckContext& context, std::string_view event) {
  constexpr std::size_t k_lines = 5000;
  std::vector<std::string> found;
  for (std::string& line : io::tail_file(context.path("log.dir") / "mcp_server.log", k_lines)
                               .value_or(std::vector<std::string>()))
    if (json_at(line, "event").value_or("") == event) found.push_back(std::move(line));
  return found;
}

}  // namespace exai::checks
