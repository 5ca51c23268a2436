// postgres.version: whether this program works with that PostgreSQL.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_version(const CheckContext& context) {
  return check_postgres(context, judge_postgres_version);
}

const Registered<Check> k_postgres_version{Check{.id = "postgres.version",
                                                 .title = "PostgreSQL is new enough",
                                                 .tags = "deploy",
                                                 .help = "15 or newer: its views can ask as who asks them.",
                                                 .timeout = k_postgres_patience,
                                                 .cost = Cost::network,
                                                 .run = run_postgres_version}};

}  // namespace
}  // namespace exai::checks
