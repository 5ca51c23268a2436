// server.mcp: whether an MCP client is served.
#include "checks/measure/own_server.hpp"
#include "checks/measure/probe_mcp.hpp"

namespace exai::checks {
namespace {

CheckResult run_server_mcp(const CheckContext& context) {
  mcp::client::McpTarget target;
  target.url = mcp_url(context.config);
  target.token = own_key(context.config);
  return probe_mcp(target, limits_of(context));
}

const Registered<Check> k_server_mcp{Check{
    .id = "server.mcp",
    .title = "an MCP client can initialise and list tools",
    .tags = "daily,doctor,deploy",
    .help = "initialize, ping and tools/list over Streamable HTTP, as any client does (maintenance:19).",
    .cost = Cost::network,
    .run = run_server_mcp}};

}  // namespace
}  // namespace exai::checks
