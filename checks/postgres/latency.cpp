// postgres.latency: how long PostgreSQL takes for an answer.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_latency(const CheckContext& context) {
  return check_postgres(context, [](const PostgresFacts& facts) { return judge_postgres_latency(facts); });
}

const Registered<Check> k_postgres_latency{
    Check{.id = "postgres.latency",
          .title = "PostgreSQL answers quickly",
          .tags = "daily,deploy",
          .help = "The median of 10 SELECT 1: a warning above 100 ms, a failure above 500 ms.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_latency}};

}  // namespace
}  // namespace exai::checks
