// A Redis, asked for all that its checks judge.
#pragma once

#include "checks/measure/probe.hpp"
#include "checks/measure/redis_facts.hpp"

#include <vector>

namespace exai::checks {

/// One result a judgement: reached and logged in with the time of each phase, latency of as many PINGs as
/// `visit` says (judged by the limits), memory, eviction, persistence, strangers, exposure. One result alone
/// when it could not be asked.
std::vector<CheckResult> probe_redis(const RedisVisit& visit, const ProbeLimits& limits);

/// The one result of a Redis that cannot be named: `error` says what is wrong with its address.
std::vector<CheckResult> probe_redis_unnamed(const Error& error);

}  // namespace exai::checks
