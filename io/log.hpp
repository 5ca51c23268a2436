// logs/mcp_server.log and logs/mcp_activity.log: JSON lines, rotated by size, redacted.
#pragma once

#include "core/redact.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace exai::io {

enum class LogLevel : std::uint8_t { debug, info, warning, error, critical };
std::string_view to_string(LogLevel level);  ///< "WARNING": the words that operators grep for

using LogField = std::pair<std::string_view, std::string>;

/// One finished call, as a line of mcp_activity.log. The line ends with "duration": seconds (maintenance:266
/// sorts on it).
struct Activity {
  std::string request_id, tool, principal, transport, session;
  std::string provider, model, outcome;  ///< outcome: ok, or the error kind
  long long prompt_tokens = 0, completion_tokens = 0;
  double duration_seconds = 0;
};

struct LogOptions {
  std::filesystem::path folder;  ///< created when missing; empty: no files, server lines go to stderr
  LogLevel level = LogLevel::info;
  std::uint64_t max_bytes = std::uint64_t{10} << 20U;
  int keep = 5;            ///< rotated files kept beside each log
  bool to_stderr = false;  ///< echo server lines for a person on a terminal
};

/// Thread-safe. A line that cannot be written is counted, never thrown: see lost().
class Log {
 public:
  static Result<std::unique_ptr<Log>> open(LogOptions options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
  /// One line {"t","level","event","msg",fields...}; `event` is a stable word ("call.start",
  /// "CIRCUIT_BREAKER").
  void write(LogLevel level, std::string_view event, std::string_view message,
             std::initializer_list<LogField> fields = {});
  void activity(const Activity& record);
  /// Until then the last lines may stand in memory only.
  void flush_activity();
  /// SIGHUP: opens the files anew (after logrotate moved them) and replaces the redactor and the level.
  Result<void> reopen(Redactor redactor, LogLevel level);
  void set_redactor(Redactor redactor);
  [[nodiscard]] std::uint64_t lost() const;
  [[nodiscard]] const std::filesystem::path& folder() const;

 private:
  struct Impl;
  explicit Log(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::io
