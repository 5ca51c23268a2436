// Token buckets: one for the whole process, one for each address and one for each session (facts: server
// 2.9). Pure: the time is handed in.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"

#include <map>
#include <string>
#include <string_view>

namespace exai::serve {

/// A bucket holds `capacity` tokens when full and gets `refill` of them back each second.
struct RateBound {
  double capacity = 1, refill = 1;
};

struct RateLimits {
  RateBound global{1000, 100}, address{100, 10}, session{50, 5};
  Millis idle{3600000};         ///< an untouched bucket is forgotten after this
  std::size_t buckets = 10000;  ///< kept at most; beyond that the one touched longest ago goes
};
RateLimits rate_limits(const Config& config);

class RateLimiter {
 public:
  explicit RateLimiter(RateLimits limits) : limits_(limits) {}

  /// Takes one token from every bucket concerned, or from none: then the answer is how long until all of them
  /// have one. Zero = taken. An empty `session` has no bucket.
  Millis take(std::string_view address, std::string_view session, Steady now);
  void set_limits(RateLimits limits) { limits_ = limits; }
  [[nodiscard]] std::size_t buckets() const { return buckets_.size(); }

 private:
  struct Bucket {
    double tokens = 0;
    Steady touched;
  };
  Bucket& bucket(std::string name, const RateBound& bound, Steady now);
  void purge(Steady now);

  RateLimits limits_;
  std::map<std::string, Bucket> buckets_;  // "global", "a:ADDRESS", "s:SESSION"
  Steady purged_{};
};

}  // namespace exai::serve
