// server.health: what the health endpoint says.
#include "checks/measure/own_server.hpp"
#include "checks/measure/probe_http.hpp"

namespace exai::checks {
namespace {

CheckResult run_server_health(const CheckContext& context) {
  return probe_http(health_url(context.config), {"status=200", "json.status=healthy"}, limits_of(context));
}

const Registered<Check> k_server_health{
    Check{.id = "server.health",
          .title = "the health endpoint says healthy",
          .tags = "daily,doctor,deploy",
          .help = "GET /health on the health port: 200 and status healthy (deployment:165).",
          .cost = Cost::network,
          .run = run_server_health}};

}  // namespace
}  // namespace exai::checks
