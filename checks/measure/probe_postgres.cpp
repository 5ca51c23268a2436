#include "checks/measure/probe_postgres.hpp"

#include "checks/measure/postgres_judge.hpp"

#include <utility>

namespace exai::checks {
namespace {

CheckResult postgres_result(CheckResult result, std::string id, std::string title) {
  result.id = std::move(id);
  result.title = std::move(title);
  return result;
}

}  // namespace

std::vector<CheckResult> probe_postgres(const PostgresVisit& visit, const ProbeLimits& limits) {
  const std::string name = io::PgConnection::target(visit.url).value_or("PostgreSQL");
  Result<PostgresFacts> facts{fail(ErrorKind::internal, "not asked")};
  CheckResult reached = timed(limits.clock, [&] {
    facts = visit_postgres(visit);
    return facts ? judge_postgres_connect(*facts) : postgres_unmeasured(facts.error());
  });
  std::vector<CheckResult> results{postgres_result(std::move(reached), "probe.postgres", name)};
  if (!facts) return results;
  results.push_back(postgres_result(judge_postgres_latency(*facts, limits.warn, limits.crit),
                                    "probe.postgres.latency", "answers quickly"));
  const auto judged = [&](PostgresJudge judge, const char* id, const char* title) {
    results.push_back(postgres_result(judge(*facts), id, title));
  };
  judged(judge_postgres_tls, "probe.postgres.tls", "proves who it is");
  judged(judge_postgres_version, "probe.postgres.version", "is new enough");
  judged(judge_postgres_role, "probe.postgres.role", "takes us for somebody with the rights that are needed");
  judged(judge_postgres_schema, "probe.postgres.schema", "has the tables of this program");
  judged(judge_postgres_rls, "probe.postgres.rls", "shows strangers nothing of them");
  judged(judge_postgres_write, "probe.postgres.write", "takes a row, returns it and deletes it");
  judged(judge_postgres_connections, "probe.postgres.connections", "has connections left");
  judged(judge_postgres_clock, "probe.postgres.clock", "has our time");
  judged(judge_postgres_pooler, "probe.postgres.pooler", "what stands before it");
  return results;
}

std::vector<CheckResult> probe_postgres_unnamed(const Error& error) {
  return {
      postgres_result(check_fail(error.message, error.hint, Cause::config), "probe.postgres", "PostgreSQL")};
}

}  // namespace exai::checks
