// Our own MCP client: one protocol over Streamable HTTP, HTTP+SSE, WebSocket and stdio, in both eras, and the
// frames of exai_ws beside it.
#pragma once

#include "core/deadline.hpp"
#include "core/json.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::mcp::client {

/// How messages travel. `automatic` tells by the target: a command is stdio, ws(s) is MCP when the server
/// takes the subprotocol `mcp` and exai_ws else, http(s) is Streamable HTTP, or HTTP+SSE for a path that
/// ends in /sse and for a server that refuses the first POST.
enum class McpTransport : std::uint8_t { automatic, http, sse, websocket, exai_ws, stdio };
/// Legacy: initialize and sessions (2024-11-05 to 2025-11-25). Modern: stateless requests (2026-07-28).
/// `automatic` asks server/discover first and falls back.
enum class McpEra : std::uint8_t { automatic, legacy, modern };

/// "http", "sse", "ws", "daemon", "stdio"; "auto".
std::string_view to_string(McpTransport transport);
/// "legacy", "modern"; "auto".
std::string_view to_string(McpEra era);

/// Where the server is and how to speak to it.
struct McpTarget {
  std::string url;                   ///< http(s)://…/mcp, http(s)://…/sse, ws(s)://…
  std::vector<std::string> command;  ///< stdio: the server to start; wins over url
  Secret token;                      ///< bearer for HTTP and MCP over WebSocket
  Secret exai_ws_token;              ///< for the hello of exai_ws
  std::vector<std::pair<std::string, std::string>> headers;
  McpTransport transport = McpTransport::automatic;
  McpEra era = McpEra::automatic;
  bool tasks = false;     ///< declares the tasks extension: a call may become a task, which is followed
  std::string log_level;  ///< "info": the server is asked for log lines from that level on; empty: for none
  std::string ca_file;    ///< PEM file of the authority for wss, instead of the machine's
  std::size_t max_message = std::size_t{32} << 20U;  ///< a larger message is an error
};

/// A question that the server asks before it continues a call.
struct McpQuestion {
  std::string key;     ///< name of the input request; empty in the legacy era, where questions have none
  std::string method;  ///< elicitation/create, sampling/createMessage or roots/list
  const Json& params;
};

/// Who answers questions, and which kinds. What is not offered is not declared as a capability.
struct McpInput {
  /// The result object for that method. An error ends the call (modern) or is sent to the server (legacy).
  std::function<Result<Json>(const McpQuestion&)> answer;
  bool elicitation = true, sampling = false, roots = false;
};

/// What a call may observe. `on_text` gets partial text of a streamed answer, `on_progress` a line for a
/// person, `on_note` what the server does wrong without harm, `on_frame` each frame as sent ('>') and
/// received ('<'), for --trace.
struct McpObserver {
  std::function<void(std::string_view)> on_text{};
  std::function<void(std::string_view)> on_progress{};
  std::function<void(std::string_view)> on_note{};  ///< what a person should know about the server's manners
  std::function<void(char, std::string_view)> on_frame{};
  McpInput input{};
};

struct McpServerInfo {
  std::string name, version;
  std::string protocol;  ///< "2025-11-25"; "exai-daemon"
  std::string instructions;
  McpTransport transport = McpTransport::automatic;
  McpEra era = McpEra::legacy;
  std::vector<std::string> capabilities;  ///< names as declared; extensions by their full name
};

/// What can be listed.
enum class McpList : std::uint8_t { tools, prompts, resources, templates };

/// One conversation with one server. One call at a time: an object belongs to one thread.
class McpClient {
 public:
  /// Connects and agrees on an era (hello, for exai_ws).
  static Result<std::unique_ptr<McpClient>> connect(const McpTarget& target, McpObserver observer,
                                                    Deadline deadline, std::stop_token stop = {});
  virtual ~McpClient() = default;
  [[nodiscard]] virtual const McpServerInfo& server() const = 0;
  /// All pages as one array, each entry as the server wrote it.
  virtual Result<Json> list(McpList what, Deadline deadline, std::stop_token stop) = 0;
  Result<Json> list_tools(Deadline deadline);
  /// The tools/call result object {content, structuredContent, isError}. A JSON-RPC error becomes an Error
  /// with the kind its code stands for. On stop, a cancellation is sent first. Questions of the server's and
  /// tasks are followed to the end.
  virtual Result<Json> call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                                 std::stop_token stop) = 0;
  /// The prompts/get result {description, messages}.
  virtual Result<Json> get_prompt(const std::string& name, const Json& arguments, Deadline deadline,
                                  std::stop_token stop) = 0;
  /// The resources/read result {contents}.
  virtual Result<Json> read_resource(const std::string& uri, Deadline deadline, std::stop_token stop) = 0;
  /// One round trip: ping, or server/discover in the era that has no ping.
  virtual Result<void> ping(Deadline deadline) = 0;
};

}  // namespace exai::mcp::client
