// postgres.schema: whether the migrations are applied.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_schema(const CheckContext& context) {
  return check_postgres(context, judge_postgres_schema);
}

const Registered<Check> k_postgres_schema{
    Check{.id = "postgres.schema",
          .title = "the tables are those of this program",
          .tags = "daily,doctor,deploy",
          .help = "The ledger of migrations: pending ones are a warning, changed or unknown ones a failure. "
                  "Tells the size of our tables and of the database.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_schema}};

}  // namespace
}  // namespace exai::checks
