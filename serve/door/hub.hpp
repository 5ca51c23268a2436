// What the connections of all listeners share: the io_context, the bounds, and the book of who is connected.
#pragma once

#include "core/deadline.hpp"
#include "serve/door/door.hpp"

#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>

namespace exai::serve {

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

class Hub {
 public:
  Hub(net::io_context& io, DoorLimits bounds) : limits(bounds), io_(io), sweep_timer_(io) {}

  [[nodiscard]] net::io_context& io() { return io_; }
  /// False when the house, or this address' share of it, is full.
  [[nodiscard]] bool has_room(const std::string& address) const;
  void enter(const std::shared_ptr<Connection>& connection, const std::string& address);
  void leave(const Connection* connection, const std::string& address);
  void wind_down();
  [[nodiscard]] bool winding_down() const { return winding_down_; }
  [[nodiscard]] std::size_t size() const { return connections_.size(); }

  DoorLimits limits;

 private:
  void arm_sweeper();

  net::io_context& io_;
  net::steady_timer sweep_timer_;
  bool sweeping_ = false, winding_down_ = false;
  std::unordered_map<const Connection*, std::weak_ptr<Connection>> connections_;
  std::unordered_map<std::string, std::size_t> by_address_;
};

/// Registers a connection for the time of its coroutine.
class HubEntry {
 public:
  HubEntry(Hub& hub, const std::shared_ptr<Connection>& connection, std::string address)
      : hub_(hub), connection_(connection.get()), address_(std::move(address)) {
    hub_.enter(connection, address_);
  }
  HubEntry(const HubEntry&) = delete;
  HubEntry& operator=(const HubEntry&) = delete;
  HubEntry(HubEntry&&) = delete;
  HubEntry& operator=(HubEntry&&) = delete;
  ~HubEntry() { hub_.leave(connection_, address_); }

 private:
  Hub& hub_;
  const Connection* connection_;
  std::string address_;
};

// The two kinds of connection; each starts its coroutines and keeps itself alive by them.
void serve_http(net::ip::tcp::socket socket, Hub& hub, HttpHandler& handler, std::string address);
void serve_frames(net::ip::tcp::socket socket, Hub& hub, FrameService& service, std::string address);

}  // namespace exai::serve
