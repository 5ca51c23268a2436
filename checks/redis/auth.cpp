// redis.auth: whether Redis refuses strangers.
#include "checks/measure/redis_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_redis_auth(const CheckContext& context) {
  return check_redis(context, judge_redis_auth);
}

const Registered<Check> k_redis_auth{
    Check{.id = "redis.auth",
          .title = "Redis refuses those without a password",
          .tags = "deploy",
          .help = "A second connection without a login must not get an answer to PING (deployment:471).",
          .cost = Cost::network,
          .run = run_redis_auth}};

}  // namespace
}  // namespace exai::checks
