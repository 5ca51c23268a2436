// postgres.tls: what guards the connection to PostgreSQL.
#include "checks/measure/postgres_judge.hpp"

namespace exai::checks {
namespace {

CheckResult run_postgres_tls(const CheckContext& context) {
  const auto facts = measure_postgres(context);
  if (!facts) return postgres_not_configured();
  return *facts ? judge_postgres_tls(**facts) : postgres_tls_unmeasured(facts->error());
}

const Registered<Check> k_postgres_tls{
    Check{.id = "postgres.tls",
          .title = "the server proves who it is",
          .tags = "daily,deploy",
          .help = "TLS 1.2 or newer with a certificate that is verified, unless the server is this machine.",
          .timeout = k_postgres_patience,
          .cost = Cost::network,
          .run = run_postgres_tls}};

}  // namespace
}  // namespace exai::checks
