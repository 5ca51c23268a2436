// What is good and what is not about a Redis: each judges facts that were measured, and asks nobody.
#pragma once

#include "checks/measure/probe.hpp"
#include "checks/measure/redis_facts.hpp"

namespace exai::checks {

/// Whether it answered a login and a PING, and within 3 s.
CheckResult judge_redis_ping(const RedisFacts& facts);
/// used_memory below 80 % of maxmemory (a failure from 90 %), fragmentation below 1.5.
CheckResult judge_redis_memory(const RedisFacts& facts);
/// What a full server does: lose conversations, or refuse writes.
CheckResult judge_redis_eviction(const RedisFacts& facts);
/// Whether a restart keeps the data, and whether the last save was good.
CheckResult judge_redis_persistence(const RedisFacts& facts);
/// Whether those without a login are refused.
CheckResult judge_redis_auth(const RedisFacts& facts);
/// Whether strangers can reach it, or read along.
CheckResult judge_redis_exposure(const RedisFacts& facts);
/// The 99th percentile of PING: by default a warning above 100 ms, a failure above 500 ms.
CheckResult judge_redis_latency(const RedisFacts& facts, std::optional<Millis> warn = {},
                                std::optional<Millis> crit = {});

/// The judgement of the Redis that the settings name; skipped where they name none, unknown where it could
/// not be asked.
using RedisJudge = CheckResult (*)(const RedisFacts&);
CheckResult check_redis(const CheckContext& context, RedisJudge judge);

/// Why the server gave no facts, for the one check that stands for reaching it: wrong settings, a refused
/// login and a server of another kind are failures, the rest is unknown.
CheckResult redis_unmeasured(const Error& error);

/// What a check says where no Redis is configured.
CheckResult redis_not_configured();

}  // namespace exai::checks
