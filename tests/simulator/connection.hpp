// One connection of the simulator: bytes in and out of a socket, with waits that end when the server stops.
#pragma once

#include "core/deadline.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai::simulator {

struct RawRequest {
  std::string method, path, authorization, body;
  std::string head;  ///< request line and headers
};

class Connection {
 public:
  Connection(int socket, int stop_event) : socket_(socket), stop_event_(stop_event) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();
  /// The next request, or nothing when the peer or the server ended.
  std::optional<RawRequest> read();
  /// False when the peer is gone.
  bool write(std::string_view bytes);
  /// Waits; false when the peer hung up or the server stops meanwhile.
  bool pause(Millis duration);
  /// Waits until the peer hangs up or the server stops; true for the peer.
  bool wait_for_hangup();
  /// The peer gets a reset instead of an end.
  void reset();

 private:
  enum class Woke { timeout, peer, stop };
  Woke wait(int timeout_ms, bool for_data);
  int socket_;
  int stop_event_;
  std::string buffer_;
};

}  // namespace exai::simulator
