// postgres.clock: how far the clock of PostgreSQL is off.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_clock(const CheckContext& context) {
  return check_postgres(context, judge_postgres_clock);
}

const Registered<Check> k_postgres_clock{
    Check{.id = "postgres.clock",
          .title = "the clock of PostgreSQL is ours",
          .tags = "daily,deploy",
          .help = "A warning from a difference of 2 s, a failure from 30 s.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_clock}};

}  // namespace
}  // namespace exai::checks
