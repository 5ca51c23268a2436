// What the listeners serve: /mcp, /sse, /metrics, /health, /ready, /status and, with OAuth, the protected
// resource metadata on one, the health paths on another, frames on the third.
#pragma once

#include "serve/auth/guard.hpp"
#include "serve/exai_ws/service.hpp"
#include "serve/health.hpp"
#include "serve/mcp/mcp_http.hpp"
#include "serve/mcp/mcp_sse.hpp"
#include "serve/mcp_stack.hpp"
#include "serve/net/exchange.hpp"
#include "serve/net/net_server.hpp"

#include <functional>
#include <optional>
#include <string>

namespace exai::serve {

/// The MCP listener.
class McpEndpoint final : public net::HttpHandler {
 public:
  struct Parts {
    auth::Guard& guard;
    mcp::McpHttp& mcp;
    mcp::McpSse& sse;
    Health& health;
    engine::Engine& engine;
    engine::Background& background;
    std::function<std::string()> metrics;  ///< text of /metrics
    std::function<std::string()> status;   ///< JSON of /status
  };
  explicit McpEndpoint(Parts parts) : parts_(std::move(parts)) {}
  std::optional<net::HttpResponse> admit(net::HttpRequest& request) override;
  void handle(const net::HttpRequest& request, const std::shared_ptr<net::ResponseWriter>& exchange) override;

 private:
  /// The answer at a path that needs a key, once the request has its pass.
  void enter(const net::HttpRequest& request, const std::shared_ptr<net::ResponseWriter>& exchange);
  /// Asks the issuer for newer keys and looks at the request again.
  void settle(const net::HttpRequest& request, const std::shared_ptr<net::ResponseWriter>& exchange);
  void fetch_keys();

  Parts parts_;
};

/// The health listener: /health, /healthz, /health/live, /health/ready.
class HealthEndpoint final : public net::HttpHandler {
 public:
  struct Parts {
    auth::Guard& guard;
    Health& health;
    engine::Engine& engine;
  };
  explicit HealthEndpoint(Parts parts) : parts_(parts) {}
  std::optional<net::HttpResponse> admit(net::HttpRequest& request) override;
  void handle(const net::HttpRequest& request, const std::shared_ptr<net::ResponseWriter>& exchange) override;

 private:
  Parts parts_;
};

/// The WebSocket listener: MCP for clients that offer its subprotocol, the frames of exai_ws for the
/// others.
class WebSocketEndpoint final : public net::FrameService {
 public:
  WebSocketEndpoint(auth::Guard& guard, engine::Engine& engine, engine::Background& background,
                    mcp::McpService& service, exai_ws::Service& frames, std::function<std::string()> make_id)
      : guard_(guard),
        engine_(engine),
        background_(background),
        service_(service),
        exai_ws_(frames),
        make_id_(std::move(make_id)) {}
  std::optional<net::HttpResponse> admit(net::HttpRequest& request) override;
  std::string_view choose(const net::HttpRequest& request) override;
  std::shared_ptr<net::FrameHandler> connect(std::shared_ptr<net::FrameSink> sink,
                                             const net::HttpRequest& request) override;

 private:
  auth::Guard& guard_;
  engine::Engine& engine_;
  engine::Background& background_;
  mcp::McpService& service_;
  exai_ws::Service& exai_ws_;
  std::function<std::string()> make_id_;
};

/// Has the net server and the sessions judge again what is open, for as long as both live: a key that expires
/// or is taken away closes what it has opened.
void watch_passes(net::NetServer& server, McpStack& stack, auth::Guard& guard, exai_ws::Service& frames);

}  // namespace exai::serve
