// The protocol of Redis (RESP2): a command to bytes, bytes to replies. Whoever sends the bytes is not
// trusted.
#pragma once

#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::io {

/// The words of a command, each any bytes: {"SET", "key", "value"}.
using RedisCommand = std::vector<std::string>;

/// What a server says to one command.
struct RedisReply {
  enum class Type : std::uint8_t { nil, status, error, integer, text, array };
  Type type = Type::nil;
  std::string text{};  ///< of a status ("OK"), an error ("NOAUTH ...") or a text; any bytes
  long long integer = 0;
  std::vector<RedisReply> elements{};  ///< of an array

  [[nodiscard]] bool is_error() const { return type == Type::error; }
  [[nodiscard]] bool is_nil() const { return type == Type::nil; }
};

/// The command as it is sent. `invalid` for one without a word, or with more than 512 MiB, which no server
/// takes.
Result<std::string> format_redis(const RedisCommand& command);

/// Takes bytes as they come and gives replies. After an error nothing more can be read: it is not known where
/// the next reply would begin. Errors (`invalid`) say what was wrong, not who sent it.
class RedisReader {
 public:
  /// What may come between two calls of start().
  struct Limits {
    std::size_t bytes = std::size_t{64} << 20U;
    std::size_t elements = std::size_t{1} << 20U;  ///< of arrays, those in arrays included
  };
  explicit RedisReader(const Limits& limits);
  RedisReader(RedisReader&&) noexcept;
  RedisReader& operator=(RedisReader&&) noexcept;
  RedisReader(const RedisReader&) = delete;
  RedisReader& operator=(const RedisReader&) = delete;
  ~RedisReader();

  /// The limits count from here on: before the first reply that is waited for.
  void start();
  Result<void> feed(std::string_view bytes);
  /// The next whole reply; nothing while more bytes are needed. Arrays stand in each other seven deep at
  /// most.
  Result<std::optional<RedisReply>> next();
  /// True between two replies: nothing of another one has come.
  [[nodiscard]] bool is_between() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace exai::io
