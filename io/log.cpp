#include "io/log.hpp"

#include "core/deadline.hpp"
#include "core/file_names.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include <fmt/core.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::io {
namespace {

using LogSink = spdlog::sinks::rotating_file_sink_mt;

constexpr mode_t k_mode = 0640;

/// A line that a crash cut off must not swallow the next one.
void close_cut_line(const std::filesystem::path& file) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_APPEND | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return;
  const off_t size = ::lseek(descriptor, 0, SEEK_END);
  char last = '\n';
  if (size > 0 && ::pread(descriptor, &last, 1, size - 1) == 1 && last != '\n')
    (void)!::write(descriptor, "\n", 1);
  ::close(descriptor);
}

/// The message alone: the line is made here, spdlog only rotates files. What is not flushed goes to the file
/// in pieces of this size: the standard library's 4 KiB are a system call for every sixteen calls of a tool.
std::shared_ptr<LogSink> open_sink(const std::filesystem::path& file, const LogOptions& options) {
  constexpr std::size_t k_buffer = std::size_t{64} << 10U;
  close_cut_line(file);
  spdlog::file_event_handlers handlers;
  handlers.after_open = [](const spdlog::filename_t& /*name*/, std::FILE* stream) {
    (void)std::setvbuf(stream, nullptr, _IOFBF, k_buffer);
    (void)::fchmod(::fileno(stream), k_mode);  // whatever the umask; a file of someone else's stays as it is
  };
  auto sink = std::make_shared<LogSink>(file.string(), static_cast<std::size_t>(options.max_bytes),
                                        static_cast<std::size_t>(options.keep), false, handlers);
  sink->set_pattern("%v");
  return sink;
}

/// `name` is a word of ours and needs no quoting; most texts do not either, and a line is written for each
/// call.
void add(std::string& line, std::string_view name, std::string_view text) {
  line.append(", \"").append(name).append("\": ");
  const bool plain = std::all_of(text.begin(), text.end(),
                                 [](char c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; });
  if (plain)
    line.append("\"").append(text).append("\"");
  else
    line += quote_json(printable(text));
}

/// The time as format_utc writes it; the part up to the second is kept while the second lasts, for a line is
/// written for each call.
std::string now() {
  const Wall wall = system_clock().wall();
  const auto second = std::chrono::floor<std::chrono::seconds>(wall);
  thread_local std::chrono::time_point<std::chrono::system_clock, std::chrono::seconds> k_second{};
  thread_local std::string k_text;
  if (k_text.empty() || second != k_second) {
    k_second = second;
    k_text = format_utc(wall);
  }
  const auto millis = static_cast<unsigned>(std::chrono::duration_cast<Millis>(wall - second).count());
  std::string text = k_text;
  const std::size_t at = text.size() - 4;  // of "123Z"
  text[at] = static_cast<char>('0' + millis / 100);
  text[at + 1] = static_cast<char>('0' + millis / 10 % 10);
  text[at + 2] = static_cast<char>('0' + millis % 10);
  return text;
}

// A blank after each colon and "duration" last: maintenance:266 sorts the lines by that field with awk.
std::string activity_line(const Activity& record) {
  std::string line;
  line.reserve(400);
  line.append(R"({"t": ")").append(now()).append("\"");
  add(line, "event", "call");
  add(line, "request_id", record.request_id);
  add(line, "tool", record.tool);
  add(line, "principal", record.principal);
  add(line, "transport", record.transport);
  add(line, "session", record.session);
  add(line, "provider", record.provider);
  add(line, "model", record.model);
  add(line, "outcome", record.outcome);
  // Of a double fmt would work out every digit there is.
  const auto duration = std::llround(record.duration_seconds * 10'000);
  line += fmt::format(R"(, "prompt_tokens": {}, "completion_tokens": {}, "duration": {}.{:04}}})",
                      record.prompt_tokens, record.completion_tokens, duration / 10'000, duration % 10'000);
  return line;
}

}  // namespace

std::string_view to_string(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return "DEBUG";
    case LogLevel::info:
      return "INFO";
    case LogLevel::warning:
      return "WARNING";
    case LogLevel::error:
      return "ERROR";
    case LogLevel::critical:
      return "CRITICAL";
  }
  return "INFO";
}

struct Log::Impl {
  LogOptions options;
  std::atomic<std::uint64_t> lost{0};
  std::atomic<LogLevel> level{LogLevel::info};
  mutable std::mutex mutex;  // guards the three below; never held while a file is written
  std::shared_ptr<LogSink> server, activity;
  std::shared_ptr<const Redactor> redactor = std::make_shared<const Redactor>();

  Result<void> open_files() {
    if (options.folder.empty()) return {};
    try {
      auto new_server = open_sink(options.folder / k_server_log_file, options);
      auto new_activity = open_sink(options.folder / k_activity_log_file, options);
      const std::lock_guard lock(mutex);
      server = std::move(new_server);
      activity = std::move(new_activity);
      return {};
    } catch (const std::exception& problem) {
      return fail(ErrorKind::config,
                  fmt::format("cannot open the logs in {}: {}", options.folder.string(), problem.what()),
                  "make the folder writable, or set EXAI_LOG_DIR to another one");
    }
  }

  void put(bool to_activity, const std::string& line, spdlog::level::level_enum severity) {
    std::shared_ptr<LogSink> sink;
    std::shared_ptr<const Redactor> clean;
    {
      const std::lock_guard lock(mutex);
      sink = to_activity ? activity : server;
      clean = redactor;
    }
    const std::string text = clean->apply(line);
    try {
      if (sink)
        sink->log(spdlog::details::log_msg("", severity, spdlog::string_view_t(text.data(), text.size())));
      // An operator tails this file, and a crash must not eat its last line. The activity log, a line a call,
      // is flushed for many lines at once.
      if (sink && !to_activity) sink->flush();
    } catch (const std::exception&) {
      lost.fetch_add(1, std::memory_order_relaxed);
    }
    if (!to_activity && (options.to_stderr || options.folder.empty()) &&
        std::fprintf(stderr, "%s\n", text.c_str()) < 0)
      lost.fetch_add(1, std::memory_order_relaxed);
  }
};

Log::Log(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Log::~Log() = default;

Result<std::unique_ptr<Log>> Log::open(LogOptions options) {
  auto impl = std::make_unique<Impl>();
  impl->level = options.level;
  impl->options = std::move(options);
  std::error_code problem;
  if (!impl->options.folder.empty()) std::filesystem::create_directories(impl->options.folder, problem);
  if (problem)
    return fail(
        ErrorKind::config,
        fmt::format("cannot create the log folder {}: {}", impl->options.folder.string(), problem.message()),
        "make its parent writable, or set EXAI_LOG_DIR to another folder");
  if (auto opened = impl->open_files(); !opened) return fail(opened.error());
  return std::unique_ptr<Log>(new Log(std::move(impl)));
}

void Log::write(LogLevel level, std::string_view event, std::string_view message,
                std::initializer_list<LogField> fields) {
  if (level < impl_->level.load(std::memory_order_relaxed)) return;
  std::string line = fmt::format(R"({{"t": "{}", "level": "{}")", now(), to_string(level));
  add(line, "event", event);
  add(line, "msg", message);
  for (const auto& [name, text] : fields) add(line, name, text);
  line += '}';
  impl_->put(false, line, spdlog::level::info);
}

void Log::activity(const Activity& record) {
  impl_->put(true, activity_line(record), spdlog::level::info);
}

void Log::flush_activity() {
  std::shared_ptr<LogSink> sink;
  {
    const std::lock_guard lock(impl_->mutex);
    sink = impl_->activity;
  }
  try {
    if (sink) sink->flush();
  } catch (const std::exception&) {
    impl_->lost.fetch_add(1, std::memory_order_relaxed);
  }
}

Result<void> Log::reopen(Redactor redactor, LogLevel level) {
  set_redactor(std::move(redactor));
  impl_->level = level;
  return impl_->open_files();
}

void Log::set_redactor(Redactor redactor) {
  auto fresh = std::make_shared<const Redactor>(std::move(redactor));
  const std::lock_guard lock(impl_->mutex);
  impl_->redactor = std::move(fresh);
}

std::uint64_t Log::lost() const {
  return impl_->lost.load(std::memory_order_relaxed);
}
const std::filesystem::path& Log::folder() const {
  return impl_->options.folder;
}

}  // namespace exai::io
