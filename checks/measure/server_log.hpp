// Reading our own JSON-line logs: counting what matters by structured fields, never by substring.
#pragma once

#include "core/check.hpp"

#include <filesystem>
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
  std::size_t lines = 0, unreadable = 0;
  std::vector<std::string> missing;  ///< expected files that are not there: never "no errors"
  std::vector<std::string> unread;   ///< what could not be read, or not to its end, and why
};

/// mcp_server.log and its rotated files in `folder`, compressed ones too: lines at ERROR or worse since
/// `since`; with `warnings` also WARNING. The newest `most` are kept.
LogScan scan_server_log(const std::filesystem::path& folder, Wall since, bool warnings, std::size_t most,
                        Deadline deadline, const Clock& clock = system_clock());

/// The lines of that event among the newest of mcp_server.log, oldest first.
std::vector<std::string> server_events(const CheckContext& context, std::string_view event);

}  // namespace exai::checks
