// postgres.role: as whom we are in PostgreSQL.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_role(const CheckContext& context) {
  return check_postgres(context, judge_postgres_role);
}

const Registered<Check> k_postgres_role{
    Check{.id = "postgres.role",
          .title = "the role has the rights that are needed, and no more",
          .tags = "deploy",
          .help = "A superuser is a warning; a role that sees no row of our tables is a failure.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_role}};

}  // namespace
}  // namespace exai::checks
