// redis.eviction: what a full Redis does.
#include "checks/measure/redis_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_redis_eviction(const CheckContext& context) {
  return check_redis(context, judge_redis_eviction);
}

const Registered<Check> k_redis_eviction{
    Check{.id = "redis.eviction",
          .title = "a full Redis loses no conversation",
          .tags = "deploy",
          .help = "maxmemory-policy evicts at most what has an expiry; allkeys-* is a warning, and a failure "
                  "once keys were evicted (deployment:456-458).",
          .cost = Cost::network,
          .run = run_redis_eviction}};

}  // namespace
}  // namespace exai::checks
