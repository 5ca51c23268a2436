// Speaking with an MCP server on behalf of `exai tool`.
#pragma once

#include "commands/common.hpp"
#include "core/json.hpp"
#include "core/redact.hpp"
#include "io/mcp_client.hpp"

#include <memory>

namespace exai::commands::tool_command {

struct Session {
  std::unique_ptr<io::McpClient> client;
  Deadline deadline;  ///< of the whole conversation: the client's layer of the timeout hierarchy
};

/// Connects to --server, to the command after "--" (--stdio), or to this deployment's own server. --trace
/// adds itself to the observer.
Result<Session> open_session(const Args& args, const Context& context, io::McpObserver observer);

/// --args-file and --arg together; a later one wins.
Result<Json> read_arguments(const Args& args);

}  // namespace exai::commands::tool_command
