// What one visit to the Redis of a deployment finds out: asked once a run, judged by several checks.
#pragma once

#include "core/check.hpp"
#include "core/redis_url.hpp"
#include "io/redis.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::checks {

/// What was asked on the side, and whether it was answered: a right that is missing is no answer.
using RedisText = Result<std::string>;

/// What the server said. Its words are printable.
struct RedisFacts {
  RedisAddress address;
  io::RedisTimes times;
  std::vector<Micros> pings;  ///< one at least, in the order asked
  /// What the server said to PING instead of PONG: that it is loading, or lets nobody write.
  std::optional<Error> no_pong;
  Micros info_time{0};
  /// The lines of INFO by name, or why there are none.
  Result<std::map<std::string, std::string, std::less<>>> info;
  RedisText bind, protected_mode, save;  ///< CONFIG GET
  /// Whether a connection without a login is answered; an error when that could not be asked.
  Result<bool> open_to_all;

  /// The line of INFO; an error when there is none.
  [[nodiscard]] RedisText line(std::string_view name) const;
  /// The same as a number.
  [[nodiscard]] Result<std::int64_t> number(std::string_view name) const;
  /// From the first packet to the first PONG.
  [[nodiscard]] Micros until_pong() const;
};

struct RedisVisit {
  RedisAddress address;
  std::string ca_file;
  std::size_t pings = 1;
};

/// Connects, logs in, asks; then knocks once more without a login.
Result<RedisFacts> visit_redis(const RedisVisit& visit, const io::Patience& patience);

/// Of the Redis that the settings name; nothing when they name none. Measured once a run.
std::shared_ptr<const Result<RedisFacts>> measure_redis(const CheckContext& context);

}  // namespace exai::checks
