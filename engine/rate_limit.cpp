#include "engine/rate_limit.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

namespace exai::engine {
namespace {

/// Until the bucket has a whole token again; zero when it has one.
Millis wait_for_token(double tokens, const RateBound& bound) {
  if (tokens >= 1) return Millis{0};
  const double seconds = (1 - tokens) / bound.refill;
  return std::max(Millis{1}, std::chrono::ceil<Millis>(std::chrono::duration<double>(seconds)));
}

RateBound rate_bound(const Config& config, const char* capacity, const char* refill) {
  return {static_cast<double>(config.integer(capacity)), static_cast<double>(config.integer(refill)),
          config.is_set(capacity) || config.is_set(refill)};
}

long long whole_seconds(double seconds) {
  return std::max(1LL, std::llround(std::ceil(seconds)));
}

}  // namespace

RateLimits rate_limits(const Config& config) {
  RateLimits limits;
  limits.global = rate_bound(config, "limits.rate_global", "limits.rate_global_refill");
  limits.address = rate_bound(config, "limits.rate_address", "limits.rate_address_refill");
  limits.session = rate_bound(config, "limits.rate_session", "limits.rate_session_refill");
  limits.idle = config.duration("limits.rate_idle");
  return limits;
}

std::string rate_headers(const RateVerdict& verdict) {
  if (verdict.policy.empty()) return {};
  const RateBound& bound = verdict.bound;
  const double until_full = (bound.capacity - verdict.left) / bound.refill;
  std::string text =
      fmt::format("RateLimit-Policy: \"{}\";q={:.0f};w={}\r\nRateLimit: \"{}\";r={:.0f};t={}\r\n",
                  verdict.policy, bound.capacity, whole_seconds(bound.capacity / bound.refill),
                  verdict.policy, std::floor(std::max(verdict.left, 0.0)), whole_seconds(until_full));
  if (verdict.wait.count() > 0)
    text +=
        fmt::format("Retry-After: {}\r\n", whole_seconds(static_cast<double>(verdict.wait.count()) / 1000.0));
  return text;
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
    if (one != nullptr) wait = std::max(wait, wait_for_token(one->tokens, bound));
  if (wait.count() > 0) return wait;
  for (const auto& [one, bound] : concerned)
    if (one != nullptr) take_token(*one);
  return Millis{0};
}

RateVerdict RateLimiter::take(const RateCaller& caller, Steady now) {
  const auto holds = [&caller](const RateBound& bound) { return bound.chosen || !caller.near; };
  const bool by_key = !caller.who.empty() && holds(limits_.session);
  const bool by_address = holds(limits_.address), over_all = holds(limits_.global);
  if (!by_key && !by_address && !over_all) return {};
  purge(now);
  struct Concerned {
    std::string_view policy;
    const RateBound* bound;
    Bucket* bucket;
  };
  const std::array<Concerned, 3> concerned{
      {{"key", &limits_.session,
        by_key ? &bucket("k:" + std::string(caller.who), limits_.session, now) : nullptr},
       {"address", &limits_.address,
        by_address ? &bucket("a:" + std::string(caller.address), limits_.address, now) : nullptr},
       {"server", &limits_.global, over_all ? &bucket("global", limits_.global, now) : nullptr}}};
  const Concerned* tightest = nullptr;
  for (const Concerned& one : concerned)
    if (one.bucket != nullptr && (tightest == nullptr || one.bucket->tokens < tightest->bucket->tokens))
      tightest = &one;
  RateVerdict verdict{{}, tightest->policy, *tightest->bound, 0};
  for (const Concerned& one : concerned)
    if (one.bucket != nullptr)
      verdict.wait = std::max(verdict.wait, wait_for_token(one.bucket->tokens, *one.bound));
  if (verdict.wait.count() == 0)
    for (const Concerned& one : concerned)
      if (one.bucket != nullptr) take_token(*one.bucket);
  verdict.left = tightest->bucket->tokens;
  return verdict;
}

Millis RateLimiter::take_failure(std::string_view address, Steady now) {
  purge(now);
  Bucket& one = bucket("f:" + std::string(address), limits_.address, now);
  const Millis wait = wait_for_token(one.tokens, limits_.address);
  if (wait.count() == 0) take_token(one);
  return wait;
}

void RateLimiter::take_token(Bucket& bucket) {
  bucket.tokens -= 1;
  ++bucket.taken;
}

std::vector<store::BucketUse> RateLimiter::taken() {
  std::vector<store::BucketUse> used;
  for (auto& item : buckets_) {
    Bucket& one = item.value;
    if (one.taken == 0) continue;
    used.push_back({item.key, one.taken});
    one.taken = 0;
  }
  return used;
}

void RateLimiter::taken_by_all(const std::vector<store::BucketUse>& sent,
                               const std::vector<std::int64_t>& totals, Steady now, Millis fresh) {
  for (std::size_t at = 0; at < sent.size() && at < totals.size(); ++at) {
    const auto found = buckets_.find(sent[at].bucket);
    if (found == buckets_.end()) continue;
    Bucket& one = found->value;
    const std::int64_t others = totals[at] - one.total - sent[at].taken;
    const bool known = one.heard != Steady{} && now - one.heard <= fresh;
    const double capacity = bound_of(sent[at].bucket).capacity;
    if (known && others > 0) one.tokens = std::max(one.tokens - static_cast<double>(others), -capacity);
    one.total = totals[at];
    one.heard = now;
  }
}

const RateBound& RateLimiter::bound_of(std::string_view bucket) const {
  if (bucket == "global") return limits_.global;
  return bucket.starts_with("k:") || bucket.starts_with("s:") ? limits_.session : limits_.address;
}

RateLimiter::Bucket& RateLimiter::bucket(std::string name, const RateBound& bound, Steady now) {
  const auto found = buckets_.find(name);
  if (found == buckets_.end()) return *buckets_.put(std::move(name), Bucket{bound.capacity, now});
  Bucket& one = found->value;
  const std::chrono::duration<double> since = now - one.touched;
  one.tokens = std::min(bound.capacity, one.tokens + since.count() * bound.refill);
  one.touched = now;
  buckets_.touch(found);
  return one;
}

void RateLimiter::purge(Steady now) {
  // Three may be added by the call that purges.
  const bool full = buckets_.size() + 3 > limits_.buckets;
  if (!full && now - purged_ < limits_.idle) return;
  purged_ = now;
  while (!buckets_.empty() && now - buckets_.begin()->value.touched >= limits_.idle)
    buckets_.erase(buckets_.begin());
  // Of a flood of addresses a tenth goes at once; what holds for all of them stays.
  if (buckets_.size() + 3 <= limits_.buckets) return;
  std::size_t too_many = buckets_.size() / 10 + 1;
  for (auto one = buckets_.begin(); one != buckets_.end() && too_many > 0; --too_many)
    one = one->key == "global" ? std::next(one) : buckets_.erase(one);
}

}  // namespace exai::engine
