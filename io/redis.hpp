// A blocking client for one Redis server (RESP2), plain, by unix socket or under TLS.
#pragma once

#include "core/redis_url.hpp"
#include "io/redis_reply.hpp"
#include "io/stream.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::io {

/// What each phase of connecting took; zero for one that there was not. `auth` is the first exchange: AUTH
/// where there is a password, and SELECT.
struct RedisTimes {
  Micros resolve{0}, connect{0}, tls{0}, auth{0};
};

/// One connection, one thread at a time. Where a command ends with an Error of its own (it could not be sent,
/// the answer did not come, was cut short, or was no answer), the connection is closed: what comes later
/// could be taken for the answer to something else. Whether the server has acted on such a command is not
/// known, unless the kind is `invalid` for a command that cannot be sent.
///
/// Errors name the server and the phase (resolve, connect, TLS, auth, command): `timeout`, `cancelled`,
/// `unreachable`, `invalid` for what is no RESP2 or beyond the limits, and those of explain_redis.
class RedisConnection {
 public:
  struct Options {
    std::string ca_file;           ///< PEM file of the authority to trust instead of the machine's
    RedisReader::Limits limits{};  ///< for all replies to one call
  };
  /// Connects, logs in and chooses the database, so that the usual mistakes show here.
  static Result<RedisConnection> connect(const RedisAddress& address, const Options& options,
                                         const Patience& patience);

  /// Sends one command and waits for the reply; an error reply is an Error, and the connection goes on.
  Result<RedisReply> command(const RedisCommand& command, const Patience& patience);
  /// The same, with an error reply as a reply.
  Result<RedisReply> ask(const RedisCommand& command, const Patience& patience);
  /// Sends all commands and reads a reply to each, error replies as replies; a few hundred are on the way at
  /// a time. None may be one that gets more or fewer replies than one (SUBSCRIBE, MONITOR).
  Result<std::vector<RedisReply>> pipeline(const std::vector<RedisCommand>& commands,
                                           const Patience& patience);

  /// False after an error that closed it: connect anew.
  [[nodiscard]] bool is_open() const { return stream_.has_value(); }
  void close() { stream_.reset(); }
  /// "host:port" or "unix:/path", for messages.
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] const RedisTimes& times() const { return times_; }

 private:
  RedisConnection(std::string name, Stream stream, const Options& options);
  Result<void> greet(const RedisAddress& address, const Patience& patience);
  Result<void> judge_select(const RedisReply& reply, int database, const Patience& patience);
  Result<void> check_idle();
  Result<std::vector<RedisReply>> exchange(const std::vector<RedisCommand>& commands,
                                           const Patience& patience, std::string_view phase);
  Result<void> send(std::string_view bytes, const Patience& patience, std::string_view phase);
  Result<RedisReply> receive(const Patience& patience, std::string_view phase);
  Result<std::optional<RedisReply>> take(std::string_view bytes);
  [[nodiscard]] Error ended(std::string_view phase) const;
  /// Closes the connection: nothing can follow this error.
  tl::unexpected<Error> over(Error error);

  std::string name_;
  std::optional<Stream> stream_;
  RedisReader reader_;
  RedisTimes times_{};
  bool tls_ = false, answered_ = false;
};

}  // namespace exai::io
