// redis.exposure: who can reach Redis and read along.
#include "checks/measure/redis_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_redis_exposure(const CheckContext& context) {
  return check_redis(context, judge_redis_exposure);
}

const Registered<Check> k_redis_exposure{
    Check{.id = "redis.exposure",
          .title = "Redis is not open to the network",
          .tags = "deploy",
          .help = "bind names no address that everybody reaches (deployment:473), and off this machine TLS "
                  "is spoken (deployment:474). Unknown where the user may not ask CONFIG GET.",
          .cost = Cost::network,
          .run = run_redis_exposure}};

}  // namespace
}  // namespace exai::checks
