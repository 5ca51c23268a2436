// A real redis-server of its own for a test, on loopback or on a unix socket in a scratch folder.
#pragma once

#include "core/redis_url.hpp"
#include "tests/io/certificate.hpp"
#include "tests/io/temp_folder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace exai::test {

/// Started and ready when constructed; a test without redis-server fails. Ends with the object.
class RedisServer {
 public:
  struct Options {
    bool network = true;                       ///< TCP on 127.0.0.1; always on a unix socket too
    std::optional<Certificate> certificate{};  ///< TLS instead of plain TCP; the socket stays plain
    std::string password{};                    ///< requirepass
    std::vector<std::string> lines{};          ///< more of redis.conf
    bool sentinel = false;
  };
  RedisServer() : RedisServer(Options{}) {}
  explicit RedisServer(const Options& options);
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// Where it is, with its password; a test may change what it likes.
  [[nodiscard]] RedisAddress address() const;
  [[nodiscard]] RedisAddress socket_address() const;
  /// The same as a URL, without a password.
  [[nodiscard]] std::string url() const;

  /// No longer scheduled, as a machine that hangs: it accepts connections and answers nothing.
  void freeze();
  void thaw();
  /// Ends it at once, as a crash does.
  void kill();

 private:
  bool start(const Options& options);
  void write_config(const Options& options) const;

  TempFolder folder_;
  std::string password_;
  bool tls_ = false;
  std::uint16_t port_ = 0;
  int pid_ = -1, log_ = -1;
};

}  // namespace exai::test
