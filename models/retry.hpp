// Whether to ask again, and when. Decisions only: time, chance and failures are handed in.
#pragma once

#include "core/config.hpp"
#include "core/error.hpp"
#include "models/providers/provider.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace exai::models {

/// What a failure means, and whose it is.
enum class Failure : std::uint8_t {
  cancelled,     ///< the caller went away
  caller,        ///< the request itself is wrong; nobody would answer it
  setup,         ///< this provider cannot be used as it is configured (key, address, model); another may
  no_permit,     ///< too much is in flight to it
  circuit_open,  ///< its circuit is open
  limited,       ///< it answered "later" (429)
  failed,        ///< 408, 5xx
  unreachable,   ///< no connection, or one that broke
  nonsense,      ///< an answer that is cut or makes no sense
  timeout,       ///< no answer in time
};
std::string_view to_string(Failure failure);

Failure judge_failure(const Error& error, const Attempt& attempt);
/// The same request may succeed on the same model soon.
bool passing(Failure failure);
/// Counts against the provider in its circuit breaker; a mistake of the caller does not.
bool counts(Failure failure);
/// Another provider may answer.
bool replaceable(Failure failure);

struct RetryRules {
  int attempts = 4;  ///< repetitions
  std::vector<Millis> delays{Millis{1000}, Millis{3000}, Millis{5000}, Millis{8000}};
  double jitter = 0.2;  ///< share by which a wait may be longer or shorter
  static RetryRules from(const Config& config, bool has_fallback);
};

/// How long to wait before the next attempt, `done` repetitions having been made; nothing when it should not
/// be made. `retry_after` is what the provider wants waited (Retry-After), `left` the time that remains,
/// `chance` from 0 to 1.
std::optional<Millis> next_wait(const RetryRules& rules, int done, Millis retry_after, Millis left,
                                double chance);

}  // namespace exai::models
