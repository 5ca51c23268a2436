// MCP's Streamable HTTP transport of the session revisions, over any HttpExchange.
#pragma once

#include "serve/door/access.hpp"
#include "serve/protocol/service.hpp"
#include "serve/protocol/session.hpp"

namespace exai::serve {

class McpHttp {
 public:
  McpHttp(McpService& service, SessionTable& sessions) : service_(service), sessions_(sessions) {}

  /// What can be refused by the headers alone: method, content type, accept (facts: protocol b.7).
  [[nodiscard]] static std::optional<HttpAnswer> admit(const HttpRequest& request);
  void handle(const HttpRequest& request, const std::string& principal,
              const std::shared_ptr<HttpExchange>& exchange);

 private:
  class Sink;
  /// What the Accept header allows; one of them at least.
  struct Takes {
    bool json = true, stream = true;
  };
  void post(const HttpRequest& request, const std::string& principal,
            const std::shared_ptr<HttpExchange>& exchange);
  void perform(Action action, Peer peer, Takes takes, const std::shared_ptr<HttpExchange>& exchange);
  /// The session that a message after `initialize` belongs to, or the refusal.
  std::optional<HttpAnswer> find_session(const HttpRequest& request, const RpcId& id, Peer& peer);

  McpService& service_;
  SessionTable& sessions_;
};

/// True if an Accept header (absent = anything) allows the media type "main/sub".
bool accepts(std::string_view accept, std::string_view type);

}  // namespace exai::serve
