// redis.persistence: what a restart of Redis keeps.
#include "checks/measure/redis_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_redis_persistence(const CheckContext& context) {
  return check_redis(context, judge_redis_persistence);
}

const Registered<Check> k_redis_persistence{
    Check{.id = "redis.persistence",
          .title = "Redis keeps its data over a restart",
          .tags = "daily,deploy",
          .help = "AOF or snapshots are on, and the last save and the last write were good.",
          .cost = Cost::network,
          .run = run_redis_persistence}};

}  // namespace
}  // namespace exai::checks
