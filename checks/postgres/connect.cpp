// postgres.connect: whether PostgreSQL is reached and takes the login.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_connect(const CheckContext& context) {
  const auto facts = measure_postgres(context);
  if (!facts) return postgres_not_configured();
  return *facts ? judge_postgres_connect(**facts) : postgres_unmeasured(facts->error());
}

const Registered<Check> k_postgres_connect{Check{
    .id = "postgres.connect",
    .title = "PostgreSQL takes the connection and the login",
    .tags = "daily,doctor,deploy",
    .help =
        "EXAI_STORE_URL or SUPABASE_DB_URL: resolve, connect, TLS and login within 3 s. The usual mistakes "
        "in an address are named.",
    .timeout = k_postgres_patience,
    .cost = Cost::network,
    .run = run_postgres_connect}};

}  // namespace
}  // namespace exai::checks
