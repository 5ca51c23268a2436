// exai_ws, the EX-AI WebSocket protocol, as a service of frames.
#pragma once

#include "serve/auth/guard.hpp"
#include "serve/exai_ws/connection.hpp"
#include "serve/exai_ws/health_file.hpp"

#include <filesystem>

namespace exai::serve::exai_ws {

class Service final : public net::FrameService {
 public:
  /// `log` may be null (tests).
  Service(engine::Engine& engine, engine::Background& background, const mcp::CurrentCatalogue& catalogue,
          auth::Guard& guard, Settings settings, io::Log* log)
      : state_(std::make_shared<State>(engine, background, catalogue, guard, std::move(settings), log)),
        health_file_(*state_) {}
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  /// Ends every session; open connections get nothing more.
  ~Service() override { state_->clear(); }

  std::optional<net::HttpResponse> admit(net::HttpRequest& request) override {
    return state_->guard.access().check_origin(request);
  }
  std::string_view choose(const net::HttpRequest& /*request*/) override { return {}; }
  std::shared_ptr<net::FrameHandler> connect(std::shared_ptr<net::FrameSink> sink,
                                             const net::HttpRequest& request) override {
    const auto connection = std::make_shared<Connection>(state_, std::move(sink), std::string(request.peer));
    connection->begin();
    return connection;
  }
  /// For connections that begin from now on.
  void reload(Settings settings) { state_->reload(std::move(settings)); }
  /// Keeps the health file at `path` fresh from now on; `address` is where it listens. Loop thread,
  /// or before the loop runs.
  void write_health(std::filesystem::path path, const std::string& address) {
    health_file_.begin(std::move(path), address);
  }
  [[nodiscard]] State& state() { return *state_; }

 private:
  std::shared_ptr<State> state_;
  HealthFile health_file_;
};

}  // namespace exai::serve::exai_ws
