// redis.memory: whether Redis has memory left.
#include "checks/measure/redis_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_redis_memory(const CheckContext& context) {
  return check_redis(context, judge_redis_memory);
}

const Registered<Check> k_redis_memory{Check{.id = "redis.memory",
                                             .title = "Redis has room left",
                                             .tags = "daily,deploy",
                                             .help = "used_memory below 80 % of maxmemory (a failure from 90 "
                                                     "%), fragmentation below 1.5 (deployment:452).",
                                             .cost = Cost::network,
                                             .run = run_redis_memory}};

}  // namespace
}  // namespace exai::checks
