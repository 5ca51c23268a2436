// MCP over a pipe: one message a line, one peer. Loop thread only.
#pragma once

#include "serve/protocol/service.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace exai::serve {

class McpLines {
 public:
  using Write = std::function<void(std::string)>;
  McpLines(McpService& service, Write write)
      : service_(service), write_(std::make_shared<Write>(std::move(write))) {}
  void take(std::string_view line);
  /// A line longer than the limit was thrown away.
  void too_long();

 private:
  class Sink;
  McpService& service_;
  std::shared_ptr<Write> write_;
  Peer peer_{"stdio", "local", Transport::stdio};
};

}  // namespace exai::serve
