// The address of a Redis as a URL has it: the one reader for the judge of settings and for the client.
#pragma once

#include "core/result.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace exai {

class Config;

/// Where a Redis is and as whom it is asked.
struct RedisAddress {
  bool tls = false;
  std::string host;  ///< an IPv6 address without its brackets; empty for a unix socket
  std::uint16_t port = 6379;
  std::string socket;  ///< absolute path of a unix socket; empty for TCP
  std::string user;    ///< of an ACL; empty = the default user
  Secret password;     ///< empty = none
  int database = 0;

  /// "redis.example:6379" or "unix:/run/redis.sock": for messages, without user and password.
  [[nodiscard]] std::string name() const;
};

/// Reads redis://[USER[:PASSWORD]@]HOST[:PORT][/DB], rediss:// for TLS, and
/// unix://[USER[:PASSWORD]@]/PATH[?db=N]. User and password are percent-decoded. `invalid` says what is wrong
/// and never repeats the text.
Result<RedisAddress> parse_redis_url(std::string_view url);

/// The Redis of this deployment, by redis.url; its password by redis.password where the URL has none. Nothing
/// when redis.url is not set; `config` when the two hold different passwords.
Result<std::optional<RedisAddress>> redis_address(const Config& config);

}  // namespace exai
