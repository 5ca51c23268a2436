#include "serve/sites.hpp"

#include "core/json.hpp"

#include <array>

namespace exai::serve {
namespace {
namespace site_answers {

constexpr std::array<std::string_view, 4> k_main_paths{"/metrics", "/health", "/ready", "/status"};
constexpr std::array<std::string_view, 4> k_health_paths{"/health", "/healthz", "/health/live",
                                                         "/health/ready"};

/// A page that is only read: unknown paths and other methods are refused.
template <std::size_t N>
std::optional<HttpAnswer> only_reads(const HttpRequest& request, const std::array<std::string_view, N>& paths,
                                     std::string_view also) {
  if (std::find(paths.begin(), paths.end(), request.path) == paths.end()) {
    std::string text = "nothing here; try ";
    text += also;
    for (const std::string_view path : paths) text.append(text.back() == ' ' ? "" : ", ").append(path);
    return plain_error(404, text);
  }
  if (request.method != "GET" && request.method != "HEAD")
    return plain_error(405, "use GET here", "Allow: GET, HEAD\r\n");
  return std::nullopt;
}

/// HEAD gets the same head; its body is left out by sending none.
void reply(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange, HttpAnswer answer) {
  if (request.method == "HEAD") answer.body.clear();
  exchange->answer(std::move(answer));
}

void health(Health& health, bool head, const std::shared_ptr<HttpExchange>& exchange) {
  health.report([exchange, head](const HealthReport& report) {
    HttpAnswer answer;
    answer.status = report.healthy ? 200 : 503;
    if (!head) answer.body = report.body;
    exchange->answer(std::move(answer));
  });
}

HttpAnswer readiness(const Engine& engine) {
  HttpAnswer answer;
  answer.status = engine.draining() ? 503 : 200;
  answer.body = engine.draining() ? R"({"ready":false,"reason":"shutting down"})" : R"({"ready":true})";
  return answer;
}

}  // namespace site_answers
}  // namespace

std::optional<HttpAnswer> MainSite::admit(const HttpRequest& request) {
  if (std::optional<HttpAnswer> refusal = parts_.access.check_origin(request)) return refusal;
  const bool mcp = request.path == "/mcp";
  if (!mcp) {
    if (auto refusal = site_answers::only_reads(request, site_answers::k_main_paths, "/mcp")) return refusal;
  }
  const bool open = request.path == "/health" || request.path == "/ready";
  if (!open && !parts_.access.principal(request)) return unauthorized();
  return mcp ? McpHttp::admit(request) : std::nullopt;
}

void MainSite::handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) {
  if (request.path == "/mcp") {
    const std::optional<std::string> principal = parts_.access.principal(request);
    if (!principal) return exchange->answer(unauthorized());
    return parts_.mcp.handle(request, *principal, exchange);
  }
  if (request.path == "/health")
    return site_answers::health(parts_.health, request.method == "HEAD", exchange);
  HttpAnswer answer;
  if (request.path == "/metrics") {
    answer.body = parts_.metrics.render();
    answer.type = "text/plain; version=0.0.4; charset=utf-8";
  } else if (request.path == "/ready") {
    answer = site_answers::readiness(parts_.engine);
  } else {
    answer.body = parts_.status();
  }
  site_answers::reply(request, exchange, std::move(answer));
}

std::optional<HttpAnswer> HealthSite::admit(const HttpRequest& request) {
  if (std::optional<HttpAnswer> refusal = parts_.access.check_origin(request)) return refusal;
  return site_answers::only_reads(request, site_answers::k_health_paths, "");
}

void HealthSite::handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) {
  if (request.path == "/health/live") {
    HttpAnswer answer;
    answer.body = R"({"status":"alive"})";
    return site_answers::reply(request, exchange, std::move(answer));
  }
  if (request.path == "/health/ready" && parts_.engine.draining())
    return site_answers::reply(request, exchange, site_answers::readiness(parts_.engine));
  site_answers::health(parts_.health, request.method == "HEAD", exchange);
}

}  // namespace exai::serve
