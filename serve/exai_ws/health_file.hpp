// logs/ws_daemon.health.json: what scripts outside read to see whether the server lives.
#pragma once

#include "serve/exai_ws/state.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace exai::serve::exai_ws {

/// Writes the file at once and then every ws.health_interval. The facts are gathered on the loop; the disk is
/// touched on the pool, where a slow one delays nobody.
class HealthFile {
 public:
  explicit HealthFile(State& state) : state_(state) {}
  HealthFile(const HealthFile&) = delete;
  HealthFile& operator=(const HealthFile&) = delete;
  ~HealthFile() { *alive_ = false; }
  void begin(std::filesystem::path path, const std::string& address);

 private:
  void write();
  [[nodiscard]] std::string content() const;

  State& state_;
  std::filesystem::path path_;
  std::string host_;
  int port_ = 0;
  Wall started_{};
  bool writing_ = false, failed_ = false;
  std::unique_ptr<engine::Timer> timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace exai::serve::exai_ws
