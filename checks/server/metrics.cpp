// server.*: the running server of this deployment, asked from outside.
#include "checks/measure/probe.hpp"
#include "core/address.hpp"
#include "core/check.hpp"
#include "io/http.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace server_check {

/// Host and port of a listener of ours as they stand in a URL.
std::string authority(const Config& config, const std::string& listener) {
  return format_address(reachable_host(config.text(listener + ".host")), config.text(listener + ".port"));
}

ProbeLimits limits(const CheckContext& context) {
  return {context.deadline, context.stop, {}, {}};
}

CheckResult run_mcp(const CheckContext& context) {
  io::McpTarget target;
  target.url = mcp_url(context.config);
  target.token = own_key(context.config);
  return probe_mcp(target, limits(context));
}

CheckResult run_daemon(const CheckContext& context) {
  // Our own daemon takes a key where it has no token of its own.
  Secret token = context.config.secret("ws.token");
  if (token.empty()) token = own_key(context.config);
  return probe_ws(daemon_url(context.config), token, limits(context));
}

CheckResult run_health(const CheckContext& context) {
  return probe_http(health_url(context.config), {"status=200", "json.status=healthy"}, limits(context));
}

// The four names of the deployment guide (deployment:299-302) exist from the first scrape on.
CheckResult run_metrics(const CheckContext& context) {
  io::HttpRequest request;
  request.url = fmt::format("http://{}/metrics", authority(context.config, "http"));
  request.deadline = context.deadline;
  request.stop = context.stop;
  if (const Secret key = own_key(context.config); !key.empty())
    request.headers.emplace_back("Authorization", "Bearer " + key.reveal());
  const auto answer = io::http_exchange(request);
  if (!answer) return check_unknown(answer.error());
  if (answer->status != 200)
    return check_fail(fmt::format("{} answered {}", request.url, answer->status), "exai log errors");
  for (const char* family : {"exai_requests_total", "exai_request_duration_seconds",
                             "exai_provider_errors_total", "exai_cache_hits_total"})
    if (answer->body.find(fmt::format("# TYPE {} ", family)) == std::string::npos)
      return check_fail(fmt::format("{} is missing", family), "is it really exai that answers there?");
  return check_pass("all four families are exported");
}

const Registered<Check> k_mcp{Check{
    .id = "server.mcp",
    .title = "an MCP client can initialise and list tools",
    .tags = "daily,doctor,deploy",
    .help = "initialize, ping and tools/list over Streamable HTTP, as any client does (maintenance:19).",
    .cost = Cost::network,
    .run = run_mcp}};
const Registered<Check> k_daemon{
    Check{.id = "server.daemon",
          .title = "the WebSocket daemon greets a client",
          .tags = "daily,doctor,deploy",
          .help = "Upgrade, hello and hello_ack within 5 s (deployment:73, deployment:154).",
          .cost = Cost::network,
          .run = run_daemon}};
const Registered<Check> k_health{
    Check{.id = "server.health",
          .title = "the health endpoint says healthy",
          .tags = "daily,doctor,deploy",
          .help = "GET /health on the health port: 200 and status healthy (deployment:165).",
          .cost = Cost::network,
          .run = run_health}};
const Registered<Check> k_metrics{
    Check{.id = "server.metrics",
          .title = "the metrics of the deployment guide are exported",
          .tags = "daily,deploy",
          .help = "GET /metrics carries the four exai_ families (deployment:299).",
          .cost = Cost::network,
          .run = run_metrics}};

}  // namespace server_check

Secret own_key(const Config& config) {
  Secret key = config.secret("auth.client_key");
  if (!key.empty()) return key;
  std::vector<std::string> keys = config.list("auth.api_keys");
  return keys.empty() ? Secret() : Secret(std::move(keys.front()));
}

std::string mcp_url(const Config& config) {
  return fmt::format("http://{}/mcp", server_check::authority(config, "http"));
}
std::string daemon_url(const Config& config) {
  return fmt::format("ws://{}/", server_check::authority(config, "ws"));
}
std::string health_url(const Config& config) {
  return fmt::format("http://{}/health", server_check::authority(config, "health"));
}

}  // namespace exai::checks
