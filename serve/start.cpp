#include "serve/start.hpp"

#include "core/file_names.hpp"
#include "core/redact.hpp"
#include "engine/runtime.hpp"
#include "io/process.hpp"
#include "models/cassette/cassette.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace exai::serve {

void harden() {
  io::ignore_stray_signals();
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  // limits.connections says how many may come, not what a shell happens to allow: without descriptors the
  // health listener could accept nobody either.
  constexpr rlim_t k_files = 16384;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= k_files) return;
  files.rlim_cur = std::min(files.rlim_max, k_files);
  setrlimit(RLIMIT_NOFILE, &files);
}

io::LogLevel log_level(const Config& config) {
  const std::string& text = config.text("log.level");
  if (text == "DEBUG") return io::LogLevel::debug;
  if (text == "WARNING") return io::LogLevel::warning;
  return text == "ERROR" ? io::LogLevel::error : io::LogLevel::info;
}

Result<std::unique_ptr<io::Log>> open_log(const Config& config, const ServeOptions& options) {
  io::LogOptions log;
  if (!options.in_memory) log.folder = below(options.file_base(), config.text("log.dir"));
  log.level = log_level(config);
  log.max_bytes = config.bytes("log.max_bytes");
  log.keep = static_cast<int>(config.integer("log.keep"));
  log.to_stderr = options.terminal;
  Result<std::unique_ptr<io::Log>> opened = io::Log::open(std::move(log));
  if (opened) (*opened)->set_redactor(Redactor(config.secrets()));
  return opened;
}

Result<void> check_cassette(const ServeOptions& options) {
  if (options.replay.empty()) return {};
  return models::load_cassette(options.replay).map([](const models::Cassette&) {});
}

}  // namespace exai::serve
