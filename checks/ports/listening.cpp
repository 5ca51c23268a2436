// ports.listening: whether the listeners of this deployment accept connections.
#include "core/address.hpp"
#include "core/check.hpp"
#include "io/process.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::checks {
namespace {

struct ListenerRow {
  std::string_view name;
  std::string_view port;  // setting keys
  std::string_view host;
};

constexpr std::array<ListenerRow, 3> k_listeners{{{"mcp", "http.port", "http.host"},
                                                  {"daemon", "ws.port", "ws.host"},
                                                  {"health", "health.port", "health.host"}}};

CheckResult run_ports_listening(const CheckContext& context) {
  std::vector<std::string> open;
  for (const ListenerRow& row : k_listeners) {
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

const Registered<Check> k_ports_listening{Check{
    .id = "ports.listening",
    .title = "the server's ports accept connections",
    .tags = "daily,deploy",
    .help = "Connects to the MCP, daemon and health ports within 2 s each (deployment:264, maintenance:116).",
    .cost = Cost::network,
    .run = run_ports_listening}};

}  // namespace
}  // namespace exai::checks
