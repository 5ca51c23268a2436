// Our own MCP client: Streamable HTTP, the EX-AI daemon over WebSocket, and stdio children.
#pragma once

#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace exai::io {

/// Where the server is and how to speak to it.
struct McpTarget {
  std::string url;                   ///< http(s)://…/mcp, or ws(s)://… for the daemon
  std::vector<std::string> command;  ///< stdio: the server to start; wins over url
  Secret token;                      ///< bearer for HTTP, hello token for the daemon
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What a call may observe. `on_text` gets partial text of a streamed answer, `on_progress` a line for a
/// person, `on_frame` each frame as sent ('>') and received ('<'), for --trace.
struct McpObserver {
  std::function<void(std::string_view)> on_text;
  std::function<void(std::string_view)> on_progress;
  std::function<void(char, std::string_view)> on_frame;
};

struct McpServerInfo {
  std::string name, version, protocol;
  std::string instructions;
};

class McpClient {
 public:
  /// Connects and initialises (hello, for the daemon).
  static Result<std::unique_ptr<McpClient>> connect(const McpTarget& target, McpObserver observer,
                                                    Deadline deadline);
  virtual ~McpClient() = default;
  [[nodiscard]] virtual const McpServerInfo& server() const = 0;
  /// The `tools` array, as the server wrote it.
  virtual Result<Json> list_tools(Deadline deadline) = 0;
  /// The tools/call result object {content, structuredContent, isError}. A JSON-RPC error becomes an Error
  /// with the kind its code stands for. On stop, a cancellation is sent first.
  virtual Result<Json> call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                                 std::stop_token stop) = 0;
  virtual Result<void> ping(Deadline deadline) = 0;
};

}  // namespace exai::io
