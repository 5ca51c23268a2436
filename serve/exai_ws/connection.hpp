// The state machine of one connection of exai_ws: hello first, then operations, each answered on its own.
// Loop thread only.
#pragma once

#include "serve/exai_ws/session.hpp"
#include "serve/exai_ws/state.hpp"
#include "serve/net/exchange.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace exai::serve::exai_ws {

class Connection final : public net::FrameHandler, public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<State> state, std::shared_ptr<net::FrameSink> sink, std::string address);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() override;
  /// Starts the hello timer, or closes with 1008 when its address has too many connections; apart from the
  /// constructor because it needs shared ownership.
  void begin();

  void on_text(std::string_view text) override;
  void on_binary() override;
  void on_gone() override;

 private:
  void hello(const Json& message);
  void refuse(std::string_view word, std::uint16_t code);
  void end(std::uint16_t code, std::string reason);
  bool over_rate(const Json& message);
  void operate(const Json& message, std::size_t bytes);
  void call_tool(const Json& message, std::size_t bytes);
  void cancel(const Json& message);
  void rotate_token(const Json& message);
  void goodbye();
  void unknown_op(const Json& message);
  /// An error frame, and its line in the log.
  void complain(std::string_view code, std::string_view message, const std::string& request_id = {},
                const Json& details = Json::object());
  /// False when another connection has taken the session over.
  [[nodiscard]] bool holds_session() const;
  [[nodiscard]] std::string session_id() const { return session_ ? session_->id() : std::string(); }

  std::shared_ptr<State> state_;
  std::shared_ptr<const Settings> settings_;  // as of the connection's beginning
  std::shared_ptr<net::FrameSink> sink_;
  std::string address_;
  std::shared_ptr<Session> session_;  // empty before hello
  std::uint64_t attachment_ = 0;
  std::unique_ptr<engine::Timer> hello_timer_;
  bool over_ = false;
};

}  // namespace exai::serve::exai_ws
