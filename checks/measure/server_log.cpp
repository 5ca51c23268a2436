#include "checks/measure/server_log.hpp"

#include "checks/measure/log_files.hpp"
#include "core/file_names.hpp"
#include "core/json.hpp"
#include "core/utc.hpp"
#include "io/files.hpp"
#include "io/lines.hpp"

#include <map>

#include <fmt/core.h>

namespace exai::checks {
namespace {

// The words are looked for first and proven by the field afterwards: parsing every line would cost seconds.
bool mentions_error(std::string_view text) {
  return text.find("ERROR") != std::string_view::npos || text.find("CRITICAL") != std::string_view::npos;
}
bool mentions_warning(std::string_view text) {
  return text.find("WARNING") != std::string_view::npos;
}

/// The newest `max` matches of all files, whatever order they are read in.
class NewestLines {
 public:
  explicit NewestLines(std::size_t max) : max_(max) {}
  void add(LogLine line) {
    lines_.emplace(line.time, std::move(line));
    if (lines_.size() > max_) lines_.erase(lines_.begin());
  }
  std::vector<LogLine> take() {
    std::vector<LogLine> all;
    for (auto& [time, line] : lines_) all.push_back(std::move(line));
    return all;
  }

 private:
  std::size_t max_;
  std::multimap<std::string, LogLine> lines_;
};

class ServerLogScanner {
 public:
  explicit ServerLogScanner(const LogQuery& query)
      : since_(format_utc(query.since)), warnings_(query.warnings), newest_(query.max) {}
  void take(std::string_view text, const std::string& file, int line);
  LogScan scan{};
  LogScan finish() {
    scan.matches = newest_.take();
    return std::move(scan);
  }

 private:
  bool count(std::string_view level);

  std::string since_;
  Warnings warnings_;
  NewestLines newest_;
};

void ServerLogScanner::take(std::string_view text, const std::string& file, int line) {
  ++scan.lines;
  const bool grave = mentions_error(text);
  if (!grave && (warnings_ == Warnings::passed_over || !mentions_warning(text))) return;
  const auto level = json_at(text, "level");
  const auto time = json_at(text, "t");
  if (!level || !time) {
    if (grave || warnings_ == Warnings::shown) ++scan.unreadable;
    return;
  }
  if (*time < since_ || !count(*level)) return;
  std::string event = json_at(text, "event").value_or("");
  if (event.find("timeout") != std::string::npos) ++scan.timeouts;
  if (*level == "WARNING" && warnings_ != Warnings::shown) return;
  newest_.add({*time, *level, std::move(event), json_at(text, "msg").value_or(""), file, line});
}

bool ServerLogScanner::count(std::string_view level) {
  if (level == "ERROR")
    ++scan.errors;
  else if (level == "CRITICAL")
    ++scan.criticals;
  else if (level == "WARNING" && warnings_ != Warnings::passed_over)
    ++scan.warnings;
  else
    return false;
  return true;
}

/// The newest lines of the server log that are JSON with an event, and that event.
struct NewestEvents {
  struct Row {
    std::string event, line;
  };
  std::vector<Row> rows;
};

NewestEvents read_newest_events(const std::filesystem::path& file) {
  constexpr std::size_t k_lines = 5000;
  NewestEvents newest;
  for (std::string& line : io::tail_file(file, k_lines).value_or(std::vector<std::string>()))
    if (auto event = json_at(line, "event")) newest.rows.push_back({std::move(*event), std::move(line)});
  return newest;
}

}  // namespace

LogScan scan_server_log(const std::filesystem::path& folder, const LogQuery& query, Deadline deadline,
                        const Clock& clock) {
  constexpr int k_look_every = 4096;  // lines between two looks at the clock
  ServerLogScanner scanner(query);
  const std::filesystem::path current = folder / k_server_log_file;
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
    scanner.scan.late = scanner.scan.late || late;
  }
  return scanner.finish();
}

std::shared_ptr<const LogScan> last_day_of_log(const CheckContext& context) {
  const std::filesystem::path folder = context.path("log.dir");
  const auto scan = [&] {
    const LogQuery query{context.clock.wall() - std::chrono::hours{24}, Warnings::counted};
    return scan_server_log(folder, query, context.deadline, context.clock);
  };
  return context.measurements->once<LogScan>(folder.string(), context.asker(), scan,
                                             [](const LogScan& made) { return !made.late; });
}

std::vector<std::string> server_events(const CheckContext& context, std::string_view event) {
  const std::filesystem::path file = context.path("log.dir") / k_server_log_file;
  const auto newest = context.measurements->once<NewestEvents>(
      file.string(), context.asker(), [&] { return read_newest_events(file); },
      [](const NewestEvents&) { return true; });
  std::vector<std::string> found;
  for (const NewestEvents::Row& row : newest->rows)
    if (row.event == event) found.push_back(row.line);
  return found;
}

}  // namespace exai::checks
