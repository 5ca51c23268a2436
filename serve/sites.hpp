// What the HTTP listeners serve: /mcp, /metrics, /health, /ready, /status and, with OAuth, the protected
// resource metadata on one, the health paths on the other.
#pragma once

#include "serve/door/access.hpp"
#include "serve/door/exchange.hpp"
#include "serve/health.hpp"
#include "serve/protocol/mcp_http.hpp"

#include <functional>
#include <optional>
#include <string>

namespace exai::serve {

/// What the sites show and serve.
struct SiteParts {
  const AccessPolicy& access;
  McpHttp& mcp;
  Metrics& metrics;
  Health& health;
  Engine& engine;
  std::function<std::string()> status;  ///< JSON
  /// Hears why someone was kept out, where the client is not told it all; a second apart at least.
  std::function<void(std::string_view)> note{};
};

/// The MCP listener.
class MainSite final : public HttpHandler {
 public:
  explicit MainSite(SiteParts parts) : parts_(std::move(parts)) {}
  std::optional<HttpAnswer> admit(const HttpRequest& request) override;
  void handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) override;

 private:
  /// The answer at a path that needs a key, once the verdict is there.
  void enter(const HttpRequest& request, Entrance entrance, const std::shared_ptr<HttpExchange>& exchange);
  /// Asks the issuer for newer keys and looks at the request again.
  void settle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange);
  void note(std::string_view text);

  SiteParts parts_;
  std::optional<Steady> noted_;
};

/// The health listener: /health, /healthz, /health/live, /health/ready.
class HealthSite final : public HttpHandler {
 public:
  explicit HealthSite(SiteParts parts) : parts_(std::move(parts)) {}
  std::optional<HttpAnswer> admit(const HttpRequest& request) override;
  void handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) override;

 private:
  SiteParts parts_;
};

}  // namespace exai::serve
