#include "checks/timeouts/hierarchy.hpp"
#include "core/address.hpp"
#include "core/check.hpp"
#include "core/rules.hpp"
#include "io/process.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::checks::ports_check {

struct PortRow {
  std::string_view name;
  std::string_view port;  // setting keys
  std::string_view host;
};

constexpr std::array<PortRow, 3> k_listeners{{{"mcp", "http.port", "http.host"},
                                              {"daemon", "ws.port", "ws.host"},
                                              {"health", "health.port", "health.host"}}};

// The original's ports collided more than once: 8080, 8081, 8082, 8765.
CheckResult run_unique(const CheckContext& context) {
  return findings_result(port_collisions(context.config), "no two listeners share a port");
}

CheckResult run_listening(const CheckContext& context) {
  std::vector<std::string> open;
  for (const PortRow& row : k_listeners) {
    const std::string host = reachable_host(context.config.text(row.host));
    const std::string port = context.config.text(row.port);
    const auto answer = io::ask_port(host, port, context.deadline.within(Millis{2000}, context.clock));
    if (!answer) return check_unknown(answer.error());
    if (!answer->accepted)
      return check_fail(fmt::format("nothing listens on {} ({})", format_address(host, port), row.name),
                        "exai status; exai serve starts it");
    open.push_back(port);
  }
  std::string text;
  for (const std::string& port : open) text += (text.empty() ? "" : ", ") + port;
  return check_pass(fmt::format("{} accept connections", text));
}

const Registered<Check> k_unique{
    Check{.id = "ports.unique",
          .title = "no two listeners share a port",
          .tags = "doctor,ci,deploy",
          .help = "http.port, ws.port, health.port and monitoring.port must differ (deployment:39).",
          .run = run_unique}};
const Registered<Check> k_listening{Check{
    .id = "ports.listening",
    .title = "the server's ports accept connections",
    .tags = "daily,deploy",
    .help = "Connects to the MCP, daemon and health ports within 2 s each (deployment:264, maintenance:116).",
    .cost = Cost::network,
    .run = run_listening}};

}  // namespace exai::checks::ports_check
