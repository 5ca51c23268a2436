// An MCP server as its clients meet it.
#pragma once

#include "checks/measure/probe.hpp"
#include "mcp/client/client.hpp"

namespace exai::checks {

/// Opens a session in the server's era, one round trip, tools/list; says transport, era, version,
/// capabilities.
CheckResult probe_mcp(const mcp::client::McpTarget& target, const ProbeLimits& limits);

}  // namespace exai::checks
