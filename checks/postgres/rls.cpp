// postgres.rls: whether PostgreSQL shows strangers anything.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_rls(const CheckContext& context) {
  return check_postgres(context, judge_postgres_rls);
}

const Registered<Check> k_postgres_rls{
    Check{.id = "postgres.rls",
          .title = "strangers see nothing of the tables",
          .tags = "daily,deploy",
          .help = "Row level security on every table, no policy for strangers, views that ask as who asks "
                  "them; and where there are the roles anon and authenticated, a look as each of them in a "
                  "transaction that is rolled back.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_rls}};

}  // namespace
}  // namespace exai::checks
