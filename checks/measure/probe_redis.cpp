#include "checks/measure/probe_redis.hpp"

#include "checks/measure/redis_judge.hpp"

#include <utility>

namespace exai::checks {
namespace {

CheckResult redis_result(CheckResult result, std::string id, std::string title) {
  result.id = std::move(id);
  result.title = std::move(title);
  return result;
}

}  // namespace

std::vector<CheckResult> probe_redis(const RedisVisit& visit, const ProbeLimits& limits) {
  const std::string name = visit.address.name();
  Result<RedisFacts> facts{fail(ErrorKind::internal, "not asked")};
  CheckResult reached = timed(limits.clock, [&] {
    facts = visit_redis(visit, {limits.deadline, limits.stop});
    return facts ? judge_redis_ping(*facts) : redis_unmeasured(facts.error());
  });
  std::vector<CheckResult> results{redis_result(std::move(reached), "probe.redis", name)};
  if (!facts) return results;
  results.push_back(redis_result(judge_redis_latency(*facts, limits.warn, limits.crit), "probe.redis.latency",
                                 "answers quickly"));
  const auto judged = [&](RedisJudge judge, const char* id, const char* title) {
    results.push_back(redis_result(judge(*facts), id, title));
  };
  judged(judge_redis_memory, "probe.redis.memory", "has room left");
  judged(judge_redis_eviction, "probe.redis.eviction", "loses no conversation when it is full");
  judged(judge_redis_persistence, "probe.redis.persistence", "keeps its data over a restart");
  judged(judge_redis_auth, "probe.redis.auth", "refuses those without a password");
  judged(judge_redis_exposure, "probe.redis.exposure", "is not open to the network");
  return results;
}

std::vector<CheckResult> probe_redis_unnamed(const Error& error) {
  return {redis_result(check_fail(error.message, error.hint, Cause::config), "probe.redis", "Redis")};
}

}  // namespace exai::checks
