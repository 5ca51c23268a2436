// redis.ping: whether Redis is reached, takes the login and answers.
#include "checks/measure/redis_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_redis_ping(const CheckContext& context) {
  const auto facts = measure_redis(context);
  if (!facts) return redis_not_configured();
  return *facts ? judge_redis_ping(**facts) : redis_unmeasured(facts->error());
}

const Registered<Check> k_redis_ping{Check{
    .id = "redis.ping",
    .title = "Redis takes the login and answers",
    .tags = "daily,doctor,deploy",
    .help =
        "REDIS_URL and REDIS_PASSWORD: AUTH, then PONG within 3 s, from a single server that takes writes "
        "(deployment:33).",
    .cost = Cost::network,
    .run = run_redis_ping}};

}  // namespace
}  // namespace exai::checks
