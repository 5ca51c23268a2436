// What the connections of all sockets share: the io_context, the bounds, and the registry of who is
// connected.
#pragma once

#include "core/deadline.hpp"
#include "serve/net/net_server.hpp"
#include "serve/net/pass.hpp"

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace exai::serve::net {

namespace net = boost::asio;

/// A live connection, as the sweeper and a stopping server see it.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Closes what has been silent or stuck for too long. Called a few times a second, so no operation needs a
  /// timer of its own.
  virtual void sweep(Steady now) = 0;
  /// Ends after what it is busy with; at once when idle.
  virtual void wind_down() = 0;
};

/// Where a connection is counted: with the others, or with those that have places of their own.
enum class Share : std::uint8_t { common, reserved };

/// Who is connected. Outlives the io_context: coroutines that are suspended when it ends sign out here.
class ConnectionRegistry {
 public:
  void enter(const std::shared_ptr<Connection>& connection, Share share, const std::string& address);
  void leave(const Connection* connection, Share share, const std::string& address);
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> all() const;
  [[nodiscard]] std::size_t size() const { return connections_.size(); }
  [[nodiscard]] std::size_t size(Share share) const { return counts_.at(index(share)).all; }
  [[nodiscard]] std::size_t size(Share share, const std::string& address) const;

 private:
  struct Count {
    std::size_t all = 0;
    std::unordered_map<std::string, std::size_t> by_address;
  };
  static std::size_t index(Share share) { return static_cast<std::size_t>(share); }

  std::unordered_map<const Connection*, std::weak_ptr<Connection>> connections_;
  std::array<Count, 2> counts_;
};

class ConnectionManager {
 public:
  ConnectionManager(net::io_context& io, ConnectionRegistry& registry, NetLimits bounds)
      : limits(bounds), io_(io), registry_(registry), sweep_timer_(io) {}

  [[nodiscard]] net::io_context& io() { return io_; }
  /// False when the server, or this address' share of it, is full.
  [[nodiscard]] bool has_room(Share share, const std::string& address) const;
  /// Signs a connection in and has it swept from now on.
  ConnectionRegistry& enter(const std::shared_ptr<Connection>& connection, Share share,
                            const std::string& address);
  /// Looks at every connection now.
  void sweep();
  void wind_down();
  [[nodiscard]] bool winding_down() const { return winding_down_; }
  [[nodiscard]] std::size_t size() const { return registry_.size(); }
  /// Of what was opened with it; good where there is none or no judge.
  [[nodiscard]] PassState state_of(const SharedPass& pass) const {
    return pass && judge_pass ? judge_pass(*pass) : PassState{};
  }

  NetLimits limits;
  std::function<PassState(const Pass&)> judge_pass;
  std::function<void(std::string_view address, std::string_view listener)> on_turned_away;

 private:
  void arm_sweeper();

  net::io_context& io_;
  ConnectionRegistry& registry_;
  net::steady_timer sweep_timer_;
  bool sweeping_ = false, winding_down_ = false;
};

/// A connection as it was accepted.
struct Arrival {
  net::ip::tcp::socket socket;
  std::string address;
  Share share = Share::common;
};

/// Registers a connection for the time of its coroutine.
class ConnectionEntry {
 public:
  ConnectionEntry(ConnectionManager& manager, const std::shared_ptr<Connection>& connection, Share share,
                  std::string address)
      : registry_(manager.enter(connection, share, address)),
        connection_(connection.get()),
        share_(share),
        address_(std::move(address)) {}
  ConnectionEntry(const ConnectionEntry&) = delete;
  ConnectionEntry& operator=(const ConnectionEntry&) = delete;
  ConnectionEntry(ConnectionEntry&&) = delete;
  ConnectionEntry& operator=(ConnectionEntry&&) = delete;
  ~ConnectionEntry() { registry_.leave(connection_, share_, address_); }

 private:
  ConnectionRegistry& registry_;
  const Connection* connection_;
  Share share_;
  std::string address_;
};

// The two kinds of connection; each starts its coroutines and keeps itself alive by them.
void serve_http(Arrival arrival, ConnectionManager& manager, HttpHandler& handler);
void serve_frames(Arrival arrival, ConnectionManager& manager, FrameService& service);

}  // namespace exai::serve::net
