// MCP over a channel of messages with one peer: stdio, WebSocket, the old HTTP+SSE. Both eras may interleave
// on it. Loop thread only.
#pragma once

#include "serve/mcp/service.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace exai::serve::mcp {

class McpPipe {
 public:
  /// `id` is unique among all peers. `write` gets whole messages without a line end.
  using Write = std::function<void(std::string message, bool droppable)>;
  McpPipe(McpService& service, std::string id, Principal principal, engine::Transport transport, Write write);
  McpPipe(const McpPipe&) = delete;
  McpPipe& operator=(const McpPipe&) = delete;
  McpPipe(McpPipe&&) = delete;
  McpPipe& operator=(McpPipe&&) = delete;
  /// The peer is gone: its calls are cancelled.
  ~McpPipe();

  void take(std::string_view message);
  /// A message longer than the limit was thrown away.
  void too_long();
  [[nodiscard]] const std::string& id() const { return peer_.id; }
  [[nodiscard]] const Principal& principal() const { return peer_.principal; }

 private:
  class Sink;
  class Channel;

  McpService& service_;
  std::shared_ptr<Write> write_;
  Peer peer_;
};

}  // namespace exai::serve::mcp
