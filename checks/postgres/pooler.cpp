// postgres.pooler: what stands between us and PostgreSQL.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_pooler(const CheckContext& context) {
  return check_postgres(context, judge_postgres_pooler);
}

const Registered<Check> k_postgres_pooler{
    Check{.id = "postgres.pooler",
          .title = "what stands before PostgreSQL suits the store",
          .tags = "deploy",
          .help = "Tells a pooler from the server itself by the process that serves, and its mode by two "
                  "transactions at once. One that takes no transactions is a failure.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_pooler}};

}  // namespace
}  // namespace exai::checks
