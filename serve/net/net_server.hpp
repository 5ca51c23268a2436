// The loop thread with all its sockets, behind one object; Boost stays inside.
#pragma once

#include "core/config.hpp"
#include "core/result.hpp"
#include "engine/loop.hpp"
#include "serve/net/bound_socket.hpp"
#include "serve/net/exchange.hpp"

#include <functional>
#include <memory>
#include <string>

namespace exai::serve::net {

/// Bounds that hold for every connection.
struct NetLimits {
  std::size_t connections = 1000, connections_per_address = 256;
  /// Of a listener that must be reachable when the others are full; in all, and from one address.
  std::size_t reserved = 64, reserved_per_address = 16;
  std::uint64_t body = std::uint64_t{10} << 20U;
  std::uint64_t frame = std::uint64_t{32} << 20U;
  Millis idle{75000}, request_read{30000};
  Millis ping_interval{30000}, ping_timeout{10000};
  Millis quiet{15000};  ///< a waiting event stream gets a comment this often
};
NetLimits net_limits(const Config& config);

/// Observes a dialled connection, on the loop.
struct DialHooks {
  std::function<void()> on_open;
  std::function<void(std::string_view)> on_text;
  std::function<void(const Error&)> on_lost;  ///< once, also when there never was a connection
};

class NetServer {
 public:
  explicit NetServer(NetLimits limits);
  ~NetServer();
  NetServer(const NetServer&) = delete;
  NetServer& operator=(const NetServer&) = delete;

  [[nodiscard]] engine::Loop& loop();
  void set_limits(NetLimits limits);
  /// Binds and listens; accepting begins with run(). A busy port is `refused`, naming the address, the
  /// owner's pid if it can be seen, and `setting`, the one to change. Port 0 picks one; the BoundSocket says
  /// which.
  /// With `reserved` its connections are counted apart: those of other listeners cannot keep it busy.
  Result<BoundSocket> listen_http(const std::string& name, const std::string& host, std::uint16_t port,
                                  std::string_view setting, HttpHandler& handler, bool reserved = false);
  Result<BoundSocket> listen_frames(const std::string& name, const std::string& host, std::uint16_t port,
                                    std::string_view setting, FrameService& service);
  /// Begins to connect to a WebSocket elsewhere.
  std::shared_ptr<FrameSink> dial(const std::string& host, const std::string& port, const std::string& path,
                                  std::size_t max_frame, DialHooks hooks);
  /// Calls back on the loop for each of these signals.
  void on_signals(std::initializer_list<int> signals, std::function<void(int)> handler);
  [[nodiscard]] std::size_t connections() const;

  /// Gets what() of an exception that left a job of the loop; the loop continues.
  void on_broken(std::function<void(std::string_view)> hook);
  /// Observes callers turned away for lack of room: the address and the listener.
  void on_turned_away(std::function<void(std::string_view address, std::string_view listener)> hook);
  /// Asked several times a second for what is open: streams and connections whose pass has expired end, and
  /// everything of one that was retired.
  void judge_passes(std::function<PassState(const Pass&)> judge);
  /// Asks at once: the rules have changed.
  void judge_now();
  /// Runs until stop(). The caller's thread is the loop thread.
  void run();
  /// No new connections; idle ones are closed, busy ones after their answer.
  void stop_accepting();
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::serve::net
