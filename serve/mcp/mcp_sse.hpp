// The HTTP+SSE transport of revision 2024-11-05: one GET that stays open, and POSTs beside it. Loop thread
// only.
#pragma once

#include "serve/mcp/mcp_pipe.hpp"
#include "serve/net/exchange.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace exai::serve::mcp {

class McpSse {
 public:
  /// `make_id` gives the session ids; at most `max` streams are open at a time.
  McpSse(McpService& service, std::function<std::string()> make_id, std::size_t max)
      : service_(service), make_id_(std::move(make_id)), max_(max) {}

  /// The endpoint event is relative to the address of the stream ("messages?..."), so that it also holds
  /// behind a proxy that adds a path before it; from "/sse/" it leads to "/sse/messages".
  [[nodiscard]] static bool serves(std::string_view path) {
    return path == "/sse" || path == "/messages" || path == "/sse/messages";
  }
  [[nodiscard]] static std::optional<net::HttpResponse> admit(const net::HttpRequest& request);
  void handle(const net::HttpRequest& request, const Principal& principal,
              const std::shared_ptr<net::ResponseWriter>& exchange);
  /// Ends all streams: the server stops.
  void end_streams();

 private:
  void open(const Principal& principal, const std::shared_ptr<net::ResponseWriter>& exchange);
  void post(const net::HttpRequest& request, const Principal& principal,
            const std::shared_ptr<net::ResponseWriter>& exchange);

  struct Stream {
    std::unique_ptr<McpPipe> pipe;
    std::shared_ptr<net::ResponseWriter> exchange;
  };
  McpService& service_;
  std::function<std::string()> make_id_;
  std::size_t max_;
  std::map<std::string, Stream, std::less<>> streams_;
};

}  // namespace exai::serve::mcp
