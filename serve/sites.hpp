// What the HTTP listeners serve: /mcp, /metrics, /health, /ready and /status on one, the health paths on the
// other.
#pragma once

#include "serve/door/access.hpp"
#include "serve/door/exchange.hpp"
#include "serve/health.hpp"
#include "serve/protocol/mcp_http.hpp"

#include <functional>
#include <string>

namespace exai::serve {

/// What the sites show and serve.
struct SiteParts {
  const AccessPolicy& access;
  McpHttp& mcp;
  Metrics& metrics;
  Health& health;
  const Engine& engine;
  std::function<std::string()> status;  ///< JSON
};

/// The MCP listener.
class MainSite final : public HttpHandler {
 public:
  explicit MainSite(SiteParts parts) : parts_(std::move(parts)) {}
  std::optional<HttpAnswer> admit(const HttpRequest& request) override;
  void handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) override;

 private:
  SiteParts parts_;
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
