#include "serve/sites.hpp"

#include "core/json.hpp"
#include "serve/protocol/mcp_frames.hpp"

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
  const bool mcp = request.path == "/mcp", sse = McpSse::serves(request.path);
  if (!mcp && !sse) {
    if (auto refusal = site_answers::only_reads(request, site_answers::k_main_paths, "/mcp")) return refusal;
  }
  const bool open = request.path == "/health" || request.path == "/ready";
  if (!open && !parts_.access.principal(request)) return unauthorized();
  if (sse) return McpSse::admit(request);
  return mcp ? McpHttp::admit(request) : std::nullopt;
}

void MainSite::handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) {
  if (request.path == "/mcp" || McpSse::serves(request.path)) {
    const std::optional<Principal> principal = parts_.access.principal(request);
    if (!principal) return exchange->answer(unauthorized());
    if (request.path != "/mcp") return parts_.sse.handle(request, *principal, exchange);
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

std::optional<HttpAnswer> FrameSite::admit(const HttpRequest& request) {
  if (!offers_mcp(request)) return daemon_.admit(request);
  if (std::optional<HttpAnswer> refusal = access_.check_origin(request)) return refusal;
  // The daemon's clients show their token in the first frame, MCP's in the request.
  if (!access_.principal(request)) return unauthorized();
  return std::nullopt;
}

std::string_view FrameSite::choose(const HttpRequest& request) {
  return offers_mcp(request) ? k_mcp_subprotocol : daemon_.choose(request);
}

std::shared_ptr<FrameHandler> FrameSite::connect(std::shared_ptr<FrameSink> sink,
                                                 const HttpRequest& request) {
  if (!offers_mcp(request)) return daemon_.connect(std::move(sink), request);
  return std::make_shared<McpFrames>(service_, "ws:" + make_id_(),
                                     access_.principal(request).value_or(Principal{}), sink);
}

}  // namespace exai::serve
