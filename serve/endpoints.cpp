#include "serve/endpoints.hpp"

#include "core/json.hpp"
#include "serve/auth/cors.hpp"
#include "serve/auth/issuer_keys.hpp"
#include "serve/auth/request_copy.hpp"
#include "serve/mcp/mcp_frames.hpp"

#include <array>

namespace exai::serve {
namespace {

constexpr std::array<std::string_view, 4> k_main_paths{"/metrics", "/health", "/ready", "/status"};
constexpr std::array<std::string_view, 4> k_health_paths{"/health", "/healthz", "/health/live",
                                                         "/health/ready"};

/// A path that is not there. JSON, like all refusals: clients probe /.well-known and trip over a page.
template <std::size_t N>
std::optional<net::HttpResponse> unless_known(const net::HttpRequest& request,
                                              const std::array<std::string_view, N>& paths,
                                              std::string_view also) {
  if (std::find(paths.begin(), paths.end(), request.path) != paths.end()) return std::nullopt;
  std::string text = "nothing here; try ";
  text += also;
  for (const std::string_view path : paths) text.append(text.back() == ' ' ? "" : ", ").append(path);
  return net::plain_error(404, text);
}

/// A page that is only read: other methods are refused.
std::optional<net::HttpResponse> unless_read(const net::HttpRequest& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  return net::plain_error(405, "use GET here", "Allow: GET, HEAD\r\n");
}

/// The two places of the protected resource metadata (RFC 9728 section 3.1): with our path and without.
bool is_metadata(std::string_view path) {
  return path.starts_with(auth::k_protected_resource) &&
         (path.substr(auth::k_protected_resource.size()) == "/mcp" ||
          path.size() == auth::k_protected_resource.size());
}

/// Where clients look for an authorization server once they have been refused: its metadata, and where those
/// that find none try to register and to ask.
bool is_oauth(std::string_view path) {
  return path == "/register" || path == "/authorize" || path == "/token" ||
         path.starts_with("/.well-known/oauth-") ||
         path.find("/.well-known/openid-configuration") != std::string_view::npos;
}

/// In the shape of RFC 6749 section 5.2, whose description those clients show.
net::HttpResponse no_oauth() {
  net::HttpResponse answer;
  answer.status = 404;
  answer.body =
      R"({"error":"invalid_request","error_description":"no OAuth here; send Authorization: Bearer KEY"})";
  return answer;
}

bool is_open(std::string_view path) {
  return path == "/health" || path == "/ready";
}

void health(Health& health, const std::shared_ptr<net::ResponseWriter>& exchange) {
  health.report([exchange](const HealthReport& report) {
    net::HttpResponse answer;
    answer.status = report.healthy ? 200 : 503;
    answer.body = report.body;
    exchange->answer(std::move(answer));
  });
}

net::HttpResponse readiness(const engine::Engine& engine) {
  net::HttpResponse answer;
  answer.status = engine.draining() ? 503 : 200;
  answer.body = engine.draining() ? R"({"ready":false,"reason":"shutting down"})" : R"({"ready":true})";
  return answer;
}

}  // namespace

std::optional<net::HttpResponse> McpEndpoint::admit(net::HttpRequest& request) {
  const auth::AccessPolicy& access = parts_.guard.access();
  if (std::optional<net::HttpResponse> refusal = access.check_origin(request)) return refusal;
  if (std::optional<net::HttpResponse> preflight = auth::share_with_origin(request)) return preflight;
  if (!access.metadata().empty() && is_metadata(request.path)) return unless_read(request);
  const bool mcp = request.path == "/mcp", sse = mcp::McpSse::serves(request.path);
  if (!mcp && !sse) {
    if (!access.issuer() && is_oauth(request.path)) return no_oauth();
    if (auto refusal = unless_known(request, k_main_paths, "/mcp")) return refusal;
  }
  // Keys come before anything else about the request, so that no verb tells more than the others.
  if (!is_open(request.path)) {
    if (std::optional<net::HttpResponse> refusal = parts_.guard.admit(request, mcp || sse)) return refusal;
  }
  if (sse) return mcp::McpSse::admit(request);
  return mcp ? mcp::McpHttp::admit(request) : unless_read(request);
}

void McpEndpoint::handle(const net::HttpRequest& request,
                         const std::shared_ptr<net::ResponseWriter>& exchange) {
  if (is_open(request.path)) {
    if (request.path == "/health") return health(parts_.health, exchange);
    return exchange->answer(readiness(parts_.engine));
  }
  if (is_metadata(request.path)) {
    net::HttpResponse answer;
    answer.body = parts_.guard.access().metadata();
    return exchange->answer(std::move(answer));
  }
  if (!request.pass) return settle(request, exchange);
  enter(request, exchange);
}

void McpEndpoint::fetch_keys() {
  parts_.guard.access().issuer()->fetch(parts_.background, parts_.engine.services().reach.http,
                                        [this](const std::string& text) { parts_.guard.note(text); });
}

void McpEndpoint::settle(const net::HttpRequest& request,
                         const std::shared_ptr<net::ResponseWriter>& exchange) {
  // A reload between admit() and now may have taken the issuer away.
  const std::shared_ptr<auth::IssuerKeys> issuer = parts_.guard.access().issuer();
  if (!issuer) return exchange->answer(parts_.guard.access().still_unknown());
  const auto copy = std::make_shared<auth::RequestCopy>(request);
  fetch_keys();
  // The waiting requests keep the issuer's keys alive, also after a reload replaced them.
  const bool waits = issuer->wait(parts_.background, copy->bytes(), [this, issuer, copy, exchange] {
    net::HttpRequest again = copy->view();
    const bool counted = again.path == "/mcp" || mcp::McpSse::serves(again.path);
    if (std::optional<net::HttpResponse> refusal = parts_.guard.admit_finally(again, counted)) {
      refusal->headers += again.answer_headers;
      return exchange->answer(std::move(*refusal));
    }
    exchange->carry(again.pass);
    enter(again, exchange);
  });
  if (!waits) exchange->answer(parts_.guard.access().still_unknown());
}

void McpEndpoint::enter(const net::HttpRequest& request,
                        const std::shared_ptr<net::ResponseWriter>& exchange) {
  // An old key set is renewed beside the request, not before it: its keys still count.
  const std::shared_ptr<auth::IssuerKeys>& issuer = parts_.guard.access().issuer();
  if (issuer && issuer->due()) fetch_keys();
  const Principal& principal = request.pass->principal;
  if (request.path == "/mcp")
    return parts_.mcp.handle(request, principal, parts_.guard.access().challenge(), exchange);
  if (mcp::McpSse::serves(request.path)) return parts_.sse.handle(request, principal, exchange);
  net::HttpResponse answer;
  if (request.path == "/metrics") {
    answer.body = parts_.metrics();
    answer.type = "text/plain; version=0.0.4; charset=utf-8";
  } else {
    answer.body = parts_.status();
  }
  exchange->answer(std::move(answer));
}

std::optional<net::HttpResponse> HealthEndpoint::admit(net::HttpRequest& request) {
  if (std::optional<net::HttpResponse> refusal = parts_.guard.access().check_origin(request)) return refusal;
  if (std::optional<net::HttpResponse> preflight = auth::share_with_origin(request)) return preflight;
  if (auto refusal = unless_known(request, k_health_paths, "")) return refusal;
  return unless_read(request);
}

void HealthEndpoint::handle(const net::HttpRequest& request,
                            const std::shared_ptr<net::ResponseWriter>& exchange) {
  if (request.path == "/health/live") {
    net::HttpResponse answer;
    answer.body = R"({"status":"alive"})";
    return exchange->answer(std::move(answer));
  }
  if (request.path == "/health/ready" && parts_.engine.draining())
    return exchange->answer(readiness(parts_.engine));
  health(parts_.health, exchange);
}

std::optional<net::HttpResponse> WebSocketEndpoint::admit(net::HttpRequest& request) {
  if (std::optional<net::HttpResponse> refusal = guard_.access().check_origin(request)) return refusal;
  // The clients of exai_ws show their token in the first frame, MCP's in the request.
  if (!mcp::offers_mcp(request)) return std::nullopt;
  if (std::optional<net::HttpResponse> refusal = guard_.admit(request, true, &exai_ws_.state().token()))
    return refusal;
  if (request.pass) return std::nullopt;
  // An upgrade does not wait for the issuer's keys; the client's next try finds them.
  guard_.access().issuer()->fetch(background_, engine_.services().reach.http, [](const std::string&) {});
  return guard_.access().still_unknown();
}

std::string_view WebSocketEndpoint::choose(const net::HttpRequest& request) {
  return mcp::offers_mcp(request) ? mcp::k_mcp_subprotocol : exai_ws_.choose(request);
}

std::shared_ptr<net::FrameHandler> WebSocketEndpoint::connect(std::shared_ptr<net::FrameSink> sink,
                                                              const net::HttpRequest& request) {
  if (!mcp::offers_mcp(request)) return exai_ws_.connect(std::move(sink), request);
  const net::SharedPass pass = request.pass;
  const auto may_take = [this, pass, address = std::string(request.peer)] {
    return guard_.take(*pass, address);
  };
  return std::make_shared<mcp::McpFrames>(service_, "ws:" + make_id_(), pass->principal, sink, may_take);
}

void watch_passes(net::NetServer& server, McpStack& stack, auth::Guard& guard, exai_ws::Service& frames) {
  const auto owns = [&frames](const std::optional<Sha256>& digest) { return frames.state().owns(digest); };
  const auto state_of = [&guard, owns](const net::Pass& pass) { return guard.access().state_of(pass, owns); };
  server.judge_passes(state_of);
  stack.judge_sessions(state_of);
  server.on_turned_away([&guard](std::string_view address, std::string_view listener) {
    guard.turned_away(address, listener);
  });
}

}  // namespace exai::serve
