// MCP on one side, exai_ws on the other. Calls are distinguished by request id,
// so any number may run at once. A lost connection is dialled again; what was asked is asked again under the
// same request id when the server still has our session, so nothing runs twice. Pure but for the timers of
// its loop.
#pragma once

#include "core/secret.hpp"
#include "engine/loop.hpp"
#include "serve/mcp/dispatcher.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace exai::serve::exai_ws {

struct BridgeParts {
  engine::Loop& loop;
  mcp::ServerIdentity identity;
  Secret token;
  std::string url;      ///< for messages
  std::string client;   ///< what the server's log calls us
  Millis call_timeout;  ///< the shim layer of the hierarchy; an ack replaces it by its own time and ack_grace
  Millis ack_grace{30000};
  Millis connect_timeout{10000};    ///< a request that no server has taken is answered after this
  Millis handshake_timeout{10000};  ///< from dialling to the answer to the hello
  std::function<double()> chance;   ///< in [0,1): the jitter of reconnecting
  std::function<void(std::string)> to_client;
  std::function<void()> dial;                  ///< connect; connected() or lost() follows
  std::function<void(std::string)> to_server;  ///< only between connected() and lost()
};

/// How long to wait before dialling again after `failures` (from 0): 0.25 s doubling up to 30 s, ten percent
/// more or less as `chance` in [0,1) says.
Millis reconnect_delay(unsigned failures, double chance);

class Bridge {
 public:
  explicit Bridge(BridgeParts parts) : parts_(std::move(parts)) {}
  void from_client(std::string_view line);
  void client_too_long();
  void from_server(std::string_view frame);
  void connected();
  /// The connection could not be made, or is gone. What waits is dialled for again.
  void lost(const Error& why);
  /// Our end: tells the server that nobody will come back for what runs, and it closes. False when no
  /// server is there.
  bool leave();
  /// True when no answer is owed.
  [[nodiscard]] bool idle() const { return waiting_.empty(); }
  /// Called each time the last owed answer has been given.
  void on_idle(std::function<void()> hook) { on_idle_ = std::move(hook); }

 private:
  struct Waiting {
    mcp::RpcId id;
    std::string frame, progress_token, what;
    std::uint64_t progress = 0;
    bool list = false, acked = false, bare_follows = false;
    std::unique_ptr<engine::Timer> overdue, outage;
  };
  void request(mcp::RpcMessage message);
  void list_tools(const mcp::RpcId& id);
  void call_tool(mcp::RpcMessage message);
  void cancel(const Json& params);
  void expect(const std::string& key, Waiting waiting);
  void limit(const std::string& key, Waiting& waiting, Millis time);
  void limit_outage(const std::string& key, Waiting& waiting);
  void settle(const std::string& key, const std::string& message);
  void fail_all(const Error& error);
  void redial();
  void ack(const std::string& key, const Json& frame);
  void progress(const std::string& key, const Json& frame);
  void result(const std::string& key, Json& frame);
  void refused(const std::string& key, const Json& frame);
  void hello_answer(const Json& frame);
  void ask_again(bool resumed);
  void tools(const std::string& key, Json& frame);
  [[nodiscard]] Error unreachable() const;

  BridgeParts parts_;
  enum class Line { down, pausing, dialling, greeting, up } line_ = Line::down;
  std::map<std::string, Waiting> waiting_;  // by request id of exai_ws, in the order of asking
  std::size_t held_bytes_ = 0;              // of the frames in waiting_
  std::uint64_t next_ = 1;
  unsigned failures_ = 0;
  std::string session_, why_;  // the session that the server gave us; why the line is down
  Millis server_grace_{0};     // how long the server keeps that without us
  std::unique_ptr<engine::Timer> line_timer_;
  std::function<void()> on_idle_;
};

}  // namespace exai::serve::exai_ws
