// A WebSocket server of one connection for tests: a script runs on its thread.
#pragma once

#include "tests/io/certificate.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace exai::test {

/// What the script may do. Everything blocks; a gone peer makes read() empty.
class WsPeer {
 public:
  virtual ~WsPeer() = default;
  virtual std::string read() = 0;
  virtual void write(const std::string& text) = 0;
  /// Half of a message: a frame without its end.
  virtual void write_part(const std::string& text) = 0;
  virtual void close(std::uint16_t code, const std::string& reason) = 0;
  /// Nothing is read, so no ping is answered, until the client hangs up or the server goes.
  virtual void sleep() = 0;
};

class WsServer {
 public:
  struct Options {
    std::string subprotocol;                   ///< echoed to a client that offers it
    std::optional<Certificate> certificate{};  ///< wss instead of ws
  };
  explicit WsServer(std::function<void(WsPeer&)> script) : WsServer(std::move(script), Options{}) {}
  WsServer(std::function<void(WsPeer&)> script, Options options);
  WsServer(const WsServer&) = delete;
  WsServer& operator=(const WsServer&) = delete;
  ~WsServer();
  [[nodiscard]] std::string url() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::test
