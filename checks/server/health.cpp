// server.health: what the health endpoint says.
#include "checks/measure/health_answer.hpp"
#include "checks/measure/own_server.hpp"
#include "io/http.hpp"

namespace exai::checks {
namespace {

CheckResult run_server_health(const CheckContext& context) {
  io::HttpRequest request;
  request.url = health_url(context.config);
  request.deadline = context.deadline;
  request.stop = context.stop;
  const auto answer = io::http_exchange(request);
  if (!answer) return check_unknown(answer.error());
  return judge_health_answer(answer->status, answer->body, request.url);
}

const Registered<Check> k_server_health{Check{
    .id = "server.health",
    .title = "the health endpoint says healthy",
    .tags = "daily,doctor,deploy",
    .help = "GET /health on the health port (deployment:165): healthy passes. Degraded, the server works "
            "and something near it wants attention, warns; unhealthy fails. Either names its components.",
    .cost = Cost::network,
    .run = run_server_health}};

}  // namespace
}  // namespace exai::checks
