// postgres.write: whether PostgreSQL takes writes.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_write(const CheckContext& context) {
  return check_postgres(context, judge_postgres_write);
}

const Registered<Check> k_postgres_write{Check{.id = "postgres.write",
                                               .title = "a row can be written, read and deleted",
                                               .tags = "daily,doctor,deploy",
                                               .help = "In a transaction that is rolled back.",
                                               .timeout = k_postgres_patience,
                                               .cost = Cost::network,
                                               .run = run_postgres_write}};

}  // namespace
}  // namespace exai::checks
