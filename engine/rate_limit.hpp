// Token buckets: one for the whole process, one for each address, one for each key or session, and one for
// each address' wrong keys. Pure: the time is handed in.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/lru.hpp"
#include "store/shared_state.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::engine {

/// A bucket holds `capacity` tokens when full and gets `refill` of them back each second.
struct RateBound {
  double capacity = 1, refill = 1;
  bool chosen = false;  ///< somebody has set it; otherwise it is the default
};

struct RateLimits {
  RateBound global{1000, 100}, address{100, 10}, session{50, 5};
  Millis idle{3600000};         ///< an untouched bucket is forgotten after this
  std::size_t buckets = 10000;  ///< kept at most; beyond that the one touched longest ago goes
};
RateLimits rate_limits(const Config& config);

/// Whose request it is.
struct RateCaller {
  std::string_view address;
  std::string_view who{};  ///< the name of the key; empty = no bucket of its own
  /// From this machine: a reverse proxy, behind which everybody has one address, or the user's own programs.
  /// The defaults do not hold for it, only what somebody has set.
  bool near = false;
};

/// The tightest of the buckets that a request was taken from, or that refused it.
struct RateVerdict {
  Millis wait{0};           ///< zero = taken
  std::string_view policy;  ///< "key", "address", "server"; empty = no limit holds
  RateBound bound;
  double left = 0;
};
/// The RateLimit-Policy and RateLimit lines of draft-ietf-httpapi-ratelimit-headers-10, and Retry-After with
/// a refusal; empty where no limit holds.
std::string rate_headers(const RateVerdict& verdict);

class RateLimiter {
 public:
  explicit RateLimiter(RateLimits limits) : limits_(limits) {}

  /// Takes one token from every bucket concerned, or from none: then the answer is how long until all of them
  /// have one. Zero = taken. An empty `session` has no bucket.
  Millis take(std::string_view address, std::string_view session, Steady now);
  /// The same for a request of HTTP or MCP.
  RateVerdict take(const RateCaller& caller, Steady now);
  /// A wrong key from that address. Counted apart from requests: guesses of a stranger take nothing from
  /// those who come from the same address with a right one. Not zero = it is one too many.
  Millis take_failure(std::string_view address, Steady now);
  /// What was taken since the last call of this, by bucket; from buckets that other servers use as well.
  std::vector<store::BucketUse> taken();
  /// What all servers together have taken from these buckets, this one with what taken() said last. The
  /// difference that others make is taken here as well, as debt when there is not enough; of what they took
  /// more than `fresh` ago nothing is known, and nothing is taken.
  void taken_by_all(const std::vector<store::BucketUse>& sent, const std::vector<std::int64_t>& totals,
                    Steady now, Millis fresh);
  void set_limits(RateLimits limits) { limits_ = limits; }
  [[nodiscard]] const RateLimits& limits() const { return limits_; }
  [[nodiscard]] std::size_t buckets() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    Steady touched;
    std::int64_t taken = 0;  ///< since others were told
    std::int64_t total = 0;  ///< of all servers, as last heard
    Steady heard{};          ///< when; never = the epoch
  };
  static void take_token(Bucket& bucket);
  [[nodiscard]] const RateBound& bound_of(std::string_view bucket) const;
  Bucket& bucket(std::string name, const RateBound& bound, Steady now);
  void purge(Steady now);

  RateLimits limits_;
  Lru<Bucket> buckets_;  // "global", "a:ADDRESS", "s:SESSION", "k:KEY", "f:ADDRESS"
  Steady purged_{};
};

}  // namespace exai::engine
