#include "serve/sites.hpp"

#include "core/json.hpp"
#include "serve/auth/issuer_keys.hpp"
#include "serve/auth/kept_request.hpp"
#include "serve/protocol/mcp_frames.hpp"

#include <array>

namespace exai::serve {
namespace {
namespace site_answers {

constexpr std::array<std::string_view, 4> k_main_paths{"/metrics", "/health", "/ready", "/status"};
constexpr std::array<std::string_view, 4> k_health_paths{"/health", "/healthz", "/health/live",
                                                         "/health/ready"};

/// A path that is not there. JSON, like all refusals: clients probe /.well-known and trip over a page.
template <std::size_t N>
std::optional<HttpAnswer> unless_known(const HttpRequest& request,
                                       const std::array<std::string_view, N>& paths, std::string_view also) {
  if (std::find(paths.begin(), paths.end(), request.path) != paths.end()) return std::nullopt;
  std::string text = "nothing here; try ";
  text += also;
  for (const std::string_view path : paths) text.append(text.back() == ' ' ? "" : ", ").append(path);
  return plain_error(404, text);
}

/// A page that is only read: other methods are refused.
std::optional<HttpAnswer> unless_read(const HttpRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  return plain_error(405, "use GET here", "Allow: GET, HEAD\r\n");
}

/// The two places of the protected resource metadata (RFC 9728 section 3.1): with our path and without.
bool is_metadata(std::string_view path) {
  return path.starts_with(k_protected_resource) &&
         (path.substr(k_protected_resource.size()) == "/mcp" || path.size() == k_protected_resource.size());
}

bool is_open(std::string_view path) {
  return path == "/health" || path == "/ready";
}

void health(Health& health, const std::shared_ptr<HttpExchange>& exchange) {
  health.report([exchange](const HealthReport& report) {
    HttpAnswer answer;
    answer.status = report.healthy ? 200 : 503;
    answer.body = report.body;
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
  using namespace site_answers;
  if (std::optional<HttpAnswer> refusal = parts_.access.check_origin(request)) return refusal;
  if (!parts_.access.metadata().empty() && is_metadata(request.path)) return unless_read(request);
  const bool mcp = request.path == "/mcp", sse = McpSse::serves(request.path);
  if (!mcp && !sse) {
    if (auto refusal = unless_known(request, k_main_paths, "/mcp")) return refusal;
  }
  // Keys come before anything else about the request, so that no verb tells more than the others.
  if (!is_open(request.path)) {
    Entrance entrance = parts_.access.judge(request);
    note(entrance.note);
    if (entrance.kind == Entrance::Kind::closed) return std::move(entrance.refusal);
  }
  if (sse) return McpSse::admit(request);
  return mcp ? McpHttp::admit(request) : unless_read(request);
}

void MainSite::handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) {
  if (site_answers::is_open(request.path)) {
    if (request.path == "/health") return site_answers::health(parts_.health, exchange);
    return exchange->answer(site_answers::readiness(parts_.engine));
  }
  if (site_answers::is_metadata(request.path)) {
    HttpAnswer answer;
    answer.body = parts_.access.metadata();
    return exchange->answer(std::move(answer));
  }
  Entrance entrance = parts_.access.judge(request);
  if (entrance.kind == Entrance::Kind::unknown) return settle(request, exchange);
  enter(request, std::move(entrance), exchange);
}

void MainSite::settle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) {
  const std::shared_ptr<IssuerKeys> issuer = parts_.access.issuer();
  const auto kept = std::make_shared<KeptRequest>(request);
  issuer->fetch(parts_.engine, [this](const std::string& text) { note(text); });
  const bool waits = issuer->wait(parts_.engine, kept->bytes(), [this, kept, exchange] {
    const HttpRequest again = kept->view();
    Entrance entrance = parts_.access.judge(again);
    if (entrance.kind == Entrance::Kind::unknown) entrance = {.refusal = parts_.access.still_unknown()};
    note(entrance.note);
    enter(again, std::move(entrance), exchange);
  });
  if (!waits) exchange->answer(parts_.access.still_unknown());
}

void MainSite::note(std::string_view text) {
  const Steady now = parts_.engine.services().clock.steady();
  if (text.empty() || !parts_.note || (noted_ && now - *noted_ < Millis{1000})) return;
  noted_ = now;
  parts_.note(text);
}

void MainSite::enter(const HttpRequest& request, Entrance entrance,
                     const std::shared_ptr<HttpExchange>& exchange) {
  if (entrance.kind != Entrance::Kind::open) return exchange->answer(std::move(entrance.refusal));
  // An old key set is renewed beside the request, not before it: its keys still count.
  const std::shared_ptr<IssuerKeys>& issuer = parts_.access.issuer();
  if (issuer && issuer->due()) issuer->fetch(parts_.engine, [this](const std::string& text) { note(text); });
  if (request.path == "/mcp")
    return parts_.mcp.handle(request, entrance.principal, parts_.access.challenge(), exchange);
  if (McpSse::serves(request.path)) return parts_.sse.handle(request, entrance.principal, exchange);
  HttpAnswer answer;
  if (request.path == "/metrics") {
    answer.body = parts_.metrics.render();
    answer.type = "text/plain; version=0.0.4; charset=utf-8";
  } else {
    answer.body = parts_.status();
  }
  exchange->answer(std::move(answer));
}

std::optional<HttpAnswer> HealthSite::admit(const HttpRequest& request) {
  if (std::optional<HttpAnswer> refusal = parts_.access.check_origin(request)) return refusal;
  if (auto refusal = site_answers::unless_known(request, site_answers::k_health_paths, "")) return refusal;
  return site_answers::unless_read(request);
}

void HealthSite::handle(const HttpRequest& request, const std::shared_ptr<HttpExchange>& exchange) {
  if (request.path == "/health/live") {
    HttpAnswer answer;
    answer.body = R"({"status":"alive"})";
    return exchange->answer(std::move(answer));
  }
  if (request.path == "/health/ready" && parts_.engine.draining())
    return exchange->answer(site_answers::readiness(parts_.engine));
  site_answers::health(parts_.health, exchange);
}

std::optional<HttpAnswer> FrameSite::admit(const HttpRequest& request) {
  if (!offers_mcp(request)) return daemon_.admit(request);
  if (std::optional<HttpAnswer> refusal = access_.check_origin(request)) return refusal;
  // The daemon's clients show their token in the first frame, MCP's in the request.
  Entrance entrance = access_.judge(request, daemon_.state().token());
  if (entrance.kind == Entrance::Kind::open) return std::nullopt;
  if (entrance.kind == Entrance::Kind::closed) return std::move(entrance.refusal);
  // An upgrade does not wait for the issuer's keys; the client's next try finds them.
  access_.issuer()->fetch(engine_, [](const std::string&) {});
  return access_.still_unknown();
}

std::string_view FrameSite::choose(const HttpRequest& request) {
  return offers_mcp(request) ? k_mcp_subprotocol : daemon_.choose(request);
}

std::shared_ptr<FrameHandler> FrameSite::connect(std::shared_ptr<FrameSink> sink,
                                                 const HttpRequest& request) {
  if (!offers_mcp(request)) return daemon_.connect(std::move(sink), request);
  // Judged again, for the name: the rules may have been reloaded since, and then nobody may come in.
  Entrance entrance = access_.judge(request, daemon_.state().token());
  if (entrance.kind != Entrance::Kind::open) {
    entrance.principal = {"nobody", Scope::viewer};
    sink->close(1008, "this key is not accepted any more");
  }
  return std::make_shared<McpFrames>(service_, "ws:" + make_id_(), std::move(entrance.principal), sink);
}

}  // namespace exai::serve
