// What the listeners serve: /mcp, /sse, /metrics, /health, /ready, /status and, with OAuth, the protected
// resource metadata on one, the health paths on another, frames on the third.
#pragma once

#include "serve/auth/guard.hpp"
#include "serve/exai_ws/daemon.hpp"
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

/// What the sites show and serve.
struct SiteParts {
  Guard& guard;
  McpHttp& mcp;
  McpSse& sse;
  Metrics& metrics;
  Health& health;
  Engine& engine;
  std::function<std::string()> status;  ///< JSON
};

/// The MCP listener.
class McpEndpoint final : public HttpHandler {
 public:
  explicit McpEndpoint(SiteParts parts) : parts_(std::move(parts)) {}
  std::optional<HttpResponse> admit(HttpRequest& request) override;
  void handle(const HttpRequest& request, const std::shared_ptr<ResponseWriter>& exchange) override;

 private:
  /// The answer at a path that needs a key, once the request has its pass.
  void enter(const HttpRequest& request, const std::shared_ptr<ResponseWriter>& exchange);
  /// Asks the issuer for newer keys and looks at the request again.
  void settle(const HttpRequest& request, const std::shared_ptr<ResponseWriter>& exchange);
  void fetch_keys();

  SiteParts parts_;
};

/// The health listener: /health, /healthz, /health/live, /health/ready.
class HealthEndpoint final : public HttpHandler {
 public:
  explicit HealthEndpoint(SiteParts parts) : parts_(std::move(parts)) {}
  std::optional<HttpResponse> admit(HttpRequest& request) override;
  void handle(const HttpRequest& request, const std::shared_ptr<ResponseWriter>& exchange) override;

 private:
  SiteParts parts_;
};

/// The WebSocket listener: MCP for clients that offer its subprotocol, the daemon's own frames for the
/// others.
class WebSocketEndpoint final : public FrameService {
 public:
  WebSocketEndpoint(Guard& guard, Engine& engine, McpService& service, Daemon& daemon,
                    std::function<std::string()> make_id)
      : guard_(guard), engine_(engine), service_(service), daemon_(daemon), make_id_(std::move(make_id)) {}
  std::optional<HttpResponse> admit(HttpRequest& request) override;
  std::string_view choose(const HttpRequest& request) override;
  std::shared_ptr<FrameHandler> connect(std::shared_ptr<FrameSink> sink, const HttpRequest& request) override;

 private:
  Guard& guard_;
  Engine& engine_;
  McpService& service_;
  Daemon& daemon_;
  std::function<std::string()> make_id_;
};

/// Has the door and the sessions judge again what is open, for as long as both live: a key that expires or is
/// taken away closes what it has opened.
void watch_passes(NetServer& door, McpStack& front, Guard& guard, Daemon& daemon);

}  // namespace exai::serve
