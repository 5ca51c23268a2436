// The EX-AI WebSocket daemon as a service of frames.
#pragma once

#include "serve/auth/guard.hpp"
#include "serve/exai_ws/connection.hpp"
#include "serve/exai_ws/health_file.hpp"

#include <filesystem>

namespace exai::serve::exai_ws {

class Daemon final : public net::FrameService {
 public:
  /// `log` may be null (tests).
  Daemon(engine::Engine& engine, engine::Background& background, const mcp::CurrentCatalogue& catalogue,
         auth::Guard& guard, DaemonSettings settings, io::Log* log)
      : state_(std::make_shared<DaemonState>(engine, background, catalogue, guard, std::move(settings), log)),
        health_file_(*state_) {}
  Daemon(const Daemon&) = delete;
  Daemon& operator=(const Daemon&) = delete;
  /// Ends every session; open connections get nothing more.
  ~Daemon() override { state_->clear(); }

  std::optional<net::HttpResponse> admit(net::HttpRequest& request) override {
    return state_->guard.access().check_origin(request);
  }
  std::string_view choose(const net::HttpRequest& /*request*/) override { return {}; }
  std::shared_ptr<net::FrameHandler> connect(std::shared_ptr<net::FrameSink> sink,
                                             const net::HttpRequest& request) override {
    const auto connection =
        std::make_shared<DaemonConnection>(state_, std::move(sink), std::string(request.peer));
    connection->begin();
    return connection;
  }
  /// For connections that begin from now on.
  void reload(DaemonSettings settings) { state_->reload(std::move(settings)); }
  /// Keeps the health file at `path` fresh from now on; `address` is where the daemon listens. Loop thread,
  /// or before the loop runs.
  void write_health(std::filesystem::path path, const std::string& address) {
    health_file_.begin(std::move(path), address);
  }
  [[nodiscard]] DaemonState& state() { return *state_; }

 private:
  std::shared_ptr<DaemonState> state_;
  HealthFile health_file_;
};

}  // namespace exai::serve::exai_ws
