// MCP on one side, the daemon's frames on the other (facts: server 2.12). Calls are told apart by request id,
// so any number may run at once. Pure but for the timers of its loop.
#pragma once

#include "core/secret.hpp"
#include "serve/calls/loop.hpp"
#include "serve/protocol/dispatcher.hpp"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace exai::serve {

struct BridgeParts {
  Loop& loop;
  ServerIdentity identity;
  Secret token;
  std::string url;      ///< for messages
  Millis call_timeout;  ///< the shim layer of the hierarchy
  Millis connect_timeout{10000};
  std::function<void(std::string)> to_client;
  std::function<void()> dial;                  ///< connect; connected() or lost() follows
  std::function<void(std::string)> to_daemon;  ///< only between connected() and lost()
};

class Bridge {
 public:
  explicit Bridge(BridgeParts parts) : parts_(std::move(parts)) {}
  void from_client(std::string_view line);
  void client_too_long();
  void from_daemon(std::string_view frame);
  void connected();
  /// The connection could not be made, or is gone: what waits is answered, and the next request dials again.
  /// What was sent is never sent twice: a call may have had effects.
  void lost(const Error& why);
  /// True when no answer is owed.
  [[nodiscard]] bool idle() const { return waiting_.empty(); }
  /// Called each time the last owed answer has been given.
  void on_idle(std::function<void()> hook) { on_idle_ = std::move(hook); }

 private:
  struct Waiting {
    RpcId id;
    std::string progress_token;
    std::uint64_t progress = 0;
    std::unique_ptr<Timer> timer;
  };
  void request(RpcMessage message);
  void list_tools(const RpcId& id);
  void call_tool(RpcMessage message);
  void cancel(const Json& params);
  void send(std::string frame);
  void expect(const std::string& key, RpcId id, std::string token);
  void settle(const std::string& key, const std::string& message);
  void progress(const std::string& key, const Json& frame);
  void result(const std::string& key, Json& frame);
  void hello_answer(const Json& frame);
  void tools(Json& frame);
  [[nodiscard]] Error unreachable(const std::string& why) const;

  BridgeParts parts_;
  enum class Line { down, dialling, greeting, up } line_ = Line::down;
  std::deque<std::string> unsent_;          // frames for after hello; bounded by k_most_waiting
  std::map<std::string, Waiting> waiting_;  // by daemon request id; "list:N" for tools/list
  std::deque<std::string> lists_;           // keys of list_tools in order: its answer carries no id
  std::uint64_t next_ = 1;
  std::unique_ptr<Timer> hello_timer_;
  std::function<void()> on_idle_;
};

}  // namespace exai::serve
