// Reading our own JSON-line logs: counting what matters by structured fields, never by substring.
#pragma once

#include "core/check.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exai::checks {

struct LogLine {
  std::string time, level, event, message, file;
  int line = 0;
};

struct LogScan {
  std::vector<LogLine> matches;  ///< newest last
  std::size_t errors = 0, criticals = 0, warnings = 0;
  std::size_t timeouts = 0;  ///< of those, lines whose event says so
  std::size_t lines = 0;
  std::size_t unreadable = 0;        ///< lines that were to be shown, by their words, and are not JSON
  std::vector<std::string> missing;  ///< expected files that are not there: never "no errors"
  std::vector<std::string> unread;   ///< what could not be read, or not to its end, and why
  bool late = false;                 ///< the time ended before the logs did
};

/// What becomes of a line at WARNING; those at ERROR or worse are always counted and shown.
enum class Warnings : std::uint8_t { passed_over, counted, shown };

struct LogQuery {
  Wall since;
  Warnings warnings = Warnings::passed_over;
  std::size_t max = 20;  ///< that many of the newest are kept in `matches`
};

/// mcp_server.log and its rotated files in `folder`, line by line, compressed ones too.
LogScan scan_server_log(const std::filesystem::path& folder, const LogQuery& query, Deadline deadline,
                        const Clock& clock = system_clock());

/// The last 24 hours of the server log, scanned once a run: errors and worse in `matches`, warnings counted.
std::shared_ptr<const LogScan> last_day_of_log(const CheckContext& context);

/// The lines of that event among the newest of mcp_server.log, oldest first; read once a run.
std::vector<std::string> server_events(const CheckContext& context, std::string_view event);

}  // namespace exai::checks
