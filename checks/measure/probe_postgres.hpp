// A PostgreSQL, asked for all that its checks judge.
#pragma once

#include "checks/measure/postgres_facts.hpp"
#include "checks/measure/probe.hpp"

#include <vector>

namespace exai::checks {

/// One result a judgement: reached and logged in with the time of each phase, latency of as many SELECT 1 as
/// `visit` says (judged by the limits), TLS, version, role, tables, row level security, a write, connections,
/// clock, pooler. One result alone when it could not be asked.
std::vector<CheckResult> probe_postgres(const PostgresVisit& visit, const ProbeLimits& limits);

/// The one result of a PostgreSQL that cannot be named: `error` says what is wrong with its address.
std::vector<CheckResult> probe_postgres_unnamed(const Error& error);

}  // namespace exai::checks
