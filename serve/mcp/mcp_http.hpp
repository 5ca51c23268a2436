// MCP's Streamable HTTP transport over any ResponseWriter: sessions with streams for the revisions that have
// them, plain requests for the stateless one, side by side on one path.
#pragma once

#include "serve/auth/access.hpp"
#include "serve/auth/challenge.hpp"
#include "serve/mcp/event_streams.hpp"
#include "serve/mcp/service.hpp"

namespace exai::serve::mcp {

class McpHttp {
 public:
  McpHttp(McpService& service, SessionTable& sessions) : service_(service), sessions_(sessions) {}

  /// What can be refused by the headers alone: method, content type, accept.
  [[nodiscard]] static std::optional<net::HttpResponse> admit(const net::HttpRequest& request);
  /// `challenge` goes with a 403 for a scope that is too small.
  void handle(const net::HttpRequest& request, const Principal& principal, const auth::Challenge& challenge,
              const std::shared_ptr<net::ResponseWriter>& exchange);

 private:
  class Sink;
  /// What the Accept header allows; one of them at least.
  struct Takes {
    bool json = true, stream = true;
  };
  void get(const net::HttpRequest& request, const Principal& principal,
           const std::shared_ptr<net::ResponseWriter>& exchange);
  void post(const net::HttpRequest& request, const Principal& principal, const auth::Challenge& challenge,
            const std::shared_ptr<net::ResponseWriter>& exchange);
  void take(RpcMessage message, Era era, const Peer& peer, const auth::Challenge& challenge,
            const std::shared_ptr<net::ResponseWriter>& exchange);
  std::shared_ptr<Sink> sink_for(const Peer& peer, const auth::Challenge& challenge,
                                 const std::shared_ptr<net::ResponseWriter>& exchange);
  /// The session that a message after `initialize` belongs to, or the refusal.
  std::optional<net::HttpResponse> find_session(const net::HttpRequest& request, const RpcId& id, Peer& peer);

  McpService& service_;
  SessionTable& sessions_;
  std::uint64_t next_peer_ = 1;
};

/// True if an Accept header (absent = anything) allows the media type "main/sub".
bool accepts(std::string_view accept, std::string_view type);

}  // namespace exai::serve::mcp
