// The state machine of one daemon connection: hello first, then operations, each answered on its own. Loop
// thread only.
#pragma once

#include "serve/calls/engine.hpp"
#include "serve/calls/principal.hpp"
#include "serve/door/exchange.hpp"
#include "serve/protocol/catalogue.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace exai::serve {

struct DaemonSettings {
  Millis hello_timeout{15000}, progress_interval{8000};
  bool compat_text = true;
  std::uint64_t call_bytes = std::uint64_t{10} << 20U;
};
DaemonSettings daemon_settings(const Config& config);

/// What all connections of the daemon share.
struct DaemonParts {
  Engine& engine;
  const ToolCatalogue& tools;
  std::shared_ptr<const DaemonSettings> settings;  ///< as of the connection's beginning
  std::function<std::string()> new_session;
  std::function<std::size_t()> sessions;
  std::function<std::optional<Principal>(std::string_view token)> admit;  ///< whose hello token it is
};

class DaemonConnection final : public FrameHandler, public std::enable_shared_from_this<DaemonConnection> {
 public:
  DaemonConnection(DaemonParts parts, std::shared_ptr<FrameSink> sink)
      : parts_(std::move(parts)), sink_(std::move(sink)) {}
  /// Starts the hello timer; apart from the constructor because it needs shared ownership.
  void begin();

  void on_text(std::string_view text) override;
  void on_binary() override;
  void on_gone() override;

 private:
  class Sink;
  void hello(const Json& message);
  void refuse(std::string_view word, std::uint16_t code);
  void operate(const Json& message, std::size_t bytes);
  void call_tool(const Json& message, std::size_t bytes);
  void cancel(const std::string& request_id);
  [[nodiscard]] std::string health() const;

  DaemonParts parts_;
  std::shared_ptr<FrameSink> sink_;
  std::string session_;  // empty before hello
  Principal principal_;
  std::unique_ptr<Timer> hello_timer_;
  std::map<std::string, std::weak_ptr<Call>> running_;  // bounded by the session's permits and its line
  bool over_ = false;
};

}  // namespace exai::serve
