#include "serve/exai_ws/health_file.hpp"

#include "core/text.hpp"
#include "io/files.hpp"

#include <charconv>

#include <unistd.h>

namespace exai::serve::exai_ws {

void HealthFile::begin(std::filesystem::path path, const std::string& address) {
  path_ = std::move(path);
  const std::size_t colon = address.rfind(':');
  host_ = address.substr(0, colon);
  if (host_.size() > 1 && host_.front() == '[') host_ = host_.substr(1, host_.size() - 2);
  if (colon != std::string::npos)
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port_);
  started_ = state_.wall();
  write();
}

std::string HealthFile::content() const {
  Json facts = state_.health();
  facts["pid"] = getpid();
  facts["host"] = host_;
  facts["port"] = port_;
  facts["started_at"] = std::chrono::duration<double>(started_.time_since_epoch()).count();
  return dump_json(facts) + "\n";
}

void HealthFile::write() {
  timer_ = state_.engine.services().loop.after(state_.settings()->health_interval, [this] { write(); });
  if (writing_) return;  // the disk is slower than the interval: this turn is left out
  writing_ = true;
  constexpr unsigned k_mode = 0640;
  const auto written = std::make_shared<Result<void>>();
  state_.background.run(
      [written, path = path_, text = content()] { *written = io::write_atomic(path, text, k_mode); },
      [this, written, alive = alive_] {
        if (!*alive) return;
        writing_ = false;
        const bool failed = !*written;
        if (failed && !failed_)
          state_.log_line(io::LogLevel::warning, "daemon.health_file", written->error().message, "");
        failed_ = failed;
      });
}

}  // namespace exai::serve::exai_ws
