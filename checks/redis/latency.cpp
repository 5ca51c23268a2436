// redis.latency: how long Redis takes for a PING.
#include "checks/measure/redis_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_redis_latency(const CheckContext& context) {
  return check_redis(context, [](const RedisFacts& facts) { return judge_redis_latency(facts); });
}

const Registered<Check> k_redis_latency{
    Check{.id = "redis.latency",
          .title = "Redis answers quickly",
          .tags = "daily,deploy",
          .help = "The slowest of 20 PINGs: a warning above 100 ms, a failure above 500 ms.",
          .cost = Cost::network,
          .run = run_redis_latency}};

}  // namespace
}  // namespace exai::checks
