// postgres.connections: how many connections PostgreSQL has left.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_connections(const CheckContext& context) {
  return check_postgres(context, judge_postgres_connections);
}

const Registered<Check> k_postgres_connections{
    Check{.id = "postgres.connections",
          .title = "connections are left",
          .tags = "daily,deploy",
          .help = "Those in use, of the server's, the role's or the database's limit, whichever is nearer: a "
                  "warning from 80 %, a failure from 95 %.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_connections}};

}  // namespace
}  // namespace exai::checks
