// Accepts connections on 127.0.0.1 and gives each request to a handler; one thread a connection.
#pragma once

#include "core/result.hpp"
#include "tests/simulator/connection.hpp"

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <thread>

namespace exai::simulator {

/// False ends the connection.
using Handler = std::function<bool(Connection&, const RawRequest&)>;

class Server {
 public:
  static Result<std::unique_ptr<Server>> start(std::uint16_t port, Handler handler);
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server();
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::size_t connections() const;

 private:
  explicit Server(Handler handler) : handler_(std::move(handler)) {}
  bool listen_on(std::uint16_t wanted);
  void accept_all();
  void serve(int socket);

  Handler handler_;
  int listener_ = -1, stop_event_ = -1;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;
  std::size_t connections_ = 0;
  std::list<std::thread> workers_;
  std::thread acceptor_;
};

}  // namespace exai::simulator
