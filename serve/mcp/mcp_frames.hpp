// MCP over WebSocket: subprotocol `mcp`, one message a text frame.
#pragma once

#include "serve/mcp/mcp_pipe.hpp"
#include "serve/net/exchange.hpp"

#include <functional>
#include <memory>
#include <string>

namespace exai::serve::mcp {

inline constexpr std::string_view k_mcp_subprotocol = "mcp";

/// True if the upgrade request offers the subprotocol.
bool offers_mcp(const net::HttpRequest& request);

class McpFrames final : public net::FrameHandler {
 public:
  /// `may_take` is asked before each message: how long until the peer may send the next one, zero = now.
  using MayTake = std::function<Millis()>;
  McpFrames(McpService& service, std::string id, Principal principal,
            const std::shared_ptr<net::FrameSink>& sink, MayTake may_take)
      : may_take_(std::move(may_take)),
        sink_(sink),
        pipe_(std::make_unique<McpPipe>(
            service, std::move(id), std::move(principal), engine::Transport::websocket,
            [sink](std::string message, bool droppable) { sink->send(std::move(message), droppable); })) {}
  void on_text(std::string_view text) override;
  void on_binary() override { sink_->close(1003, "frames must be text"); }
  void on_gone() override { pipe_.reset(); }

 private:
  MayTake may_take_;
  std::shared_ptr<net::FrameSink> sink_;
  std::unique_ptr<McpPipe> pipe_;
};

}  // namespace exai::serve::mcp
