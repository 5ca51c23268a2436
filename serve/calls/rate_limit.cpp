#include "serve/calls/rate_limit.hpp"

#include <algorithm>
#include <array>

namespace exai::serve {
namespace {
namespace rating {

/// Until the bucket has a whole token again; zero when it has one.
Millis wait_for(double tokens, const RateBound& bound) {
  if (tokens >= 1) return Millis{0};
  const double seconds = (1 - tokens) / bound.refill;
  return std::max(Millis{1}, std::chrono::ceil<Millis>(std::chrono::duration<double>(seconds)));
}

RateBound bound(const Config& config, const char* capacity, const char* refill) {
  return {static_cast<double>(config.integer(capacity)), static_cast<double>(config.integer(refill))};
}

}  // namespace rating
}  // namespace

RateLimits rate_limits(const Config& config) {
  RateLimits limits;
  limits.global = rating::bound(config, "limits.rate_global", "limits.rate_global_refill");
  limits.address = rating::bound(config, "limits.rate_address", "limits.rate_address_refill");
  limits.session = rating::bound(config, "limits.rate_session", "limits.rate_session_refill");
  limits.idle = config.duration("limits.rate_idle");
  return limits;
}

Millis RateLimiter::take(std::string_view address, std::string_view session, Steady now) {
  purge(now);
  std::array<std::pair<Bucket*, RateBound>, 3> concerned{
      {{&bucket("global", limits_.global, now), limits_.global},
       {&bucket("a:" + std::string(address), limits_.address, now), limits_.address},
       {nullptr, limits_.session}}};
  if (!session.empty()) concerned[2].first = &bucket("s:" + std::string(session), limits_.session, now);
  Millis wait{0};
  for (const auto& [one, bound] : concerned)
    if (one != nullptr) wait = std::max(wait, rating::wait_for(one->tokens, bound));
  if (wait.count() > 0) return wait;
  for (const auto& [one, bound] : concerned)
    if (one != nullptr) one->tokens -= 1;
  return Millis{0};
}

RateLimiter::Bucket& RateLimiter::bucket(std::string name, const RateBound& bound, Steady now) {
  const auto [found, fresh] = buckets_.try_emplace(std::move(name), Bucket{bound.capacity, now});
  Bucket& one = found->second;
  if (!fresh) {
    const std::chrono::duration<double> since = now - one.touched;
    one.tokens = std::min(bound.capacity, one.tokens + since.count() * bound.refill);
    one.touched = now;
  }
  return one;
}

void RateLimiter::purge(Steady now) {
  // Three may be added by the call that purges.
  const bool full = buckets_.size() + 3 > limits_.buckets;
  if (!full && now - purged_ < limits_.idle) return;
  purged_ = now;
  std::erase_if(buckets_, [&](const auto& row) { return now - row.second.touched >= limits_.idle; });
  // A flood of addresses must not cost a walk through the map each time: a tenth goes at once.
  if (buckets_.size() + 3 <= limits_.buckets) return;
  std::vector<Steady> ages;
  ages.reserve(buckets_.size());
  for (const auto& [name, one] : buckets_) ages.push_back(one.touched);
  const auto tenth = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 10);
  std::nth_element(ages.begin(), tenth, ages.end());
  const Steady oldest_kept = *tenth;
  std::erase_if(buckets_,
                [&](const auto& row) { return row.first != "global" && row.second.touched <= oldest_kept; });
}

}  // namespace exai::serve
