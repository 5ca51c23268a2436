#include "serve/protocol/mcp_http.hpp"

#include "core/text.hpp"
#include "serve/protocol/errors.hpp"

namespace exai::serve {
namespace {
namespace mcp_over_http {

constexpr std::string_view k_stream = "text/event-stream";
constexpr std::string_view k_json = "application/json";
constexpr std::string_view k_allow = "Allow: POST, DELETE\r\n";

HttpAnswer refuse(int status, const RpcId& id, int code, std::string message) {
  RpcError error;
  error.code = code;
  error.message = std::move(message);
  HttpAnswer answer;
  answer.status = status;
  answer.body = rpc_error(id, error);
  return answer;
}

HttpAnswer message_answer(std::string body) {
  HttpAnswer answer;
  answer.body = std::move(body);
  return answer;
}

HttpAnswer empty_answer(int status) {
  HttpAnswer answer;
  answer.status = status;
  return answer;
}

std::string_view media_type(std::string_view header) {
  return trim(header.substr(0, header.find(';')));
}

}  // namespace mcp_over_http
}  // namespace

bool accepts(std::string_view accept, std::string_view type) {
  if (trim(accept).empty()) return true;
  const std::string_view main = type.substr(0, type.find('/'));
  while (!accept.empty()) {
    const std::size_t comma = accept.find(',');
    const std::string_view range = mcp_over_http::media_type(accept.substr(0, comma));
    if (range == "*/*" || equals_ignoring_case(range, type)) return true;
    if (range.size() == main.size() + 2 && range.substr(main.size()) == "/*" &&
        equals_ignoring_case(range.substr(0, main.size()), main))
      return true;
    if (comma == std::string_view::npos) break;
    accept.remove_prefix(comma + 1);
  }
  return false;
}

/// One POST's answer: plain JSON, or an event stream once something came before it or where the client takes
/// nothing else.
class McpHttp::Sink final : public ResponseSink {
 public:
  Sink(std::shared_ptr<HttpExchange> exchange, Takes takes) : exchange_(std::move(exchange)), takes_(takes) {
    if (takes_.stream) exchange_->may_stream({});
  }
  void notify(std::string message) override {
    if (takes_.stream) exchange_->event(std::move(message), true);
  }
  void answer(std::string message) override {
    if (takes_.json) return exchange_->conclude(mcp_over_http::message_answer(std::move(message)));
    exchange_->event(std::move(message), false);
    exchange_->conclude({});
  }
  void abandon() override { exchange_->conclude(mcp_over_http::empty_answer(202)); }

 private:
  std::shared_ptr<HttpExchange> exchange_;
  Takes takes_;
};

std::optional<HttpAnswer> McpHttp::admit(const HttpRequest& request) {
  using namespace mcp_over_http;
  if (request.method == "DELETE") return std::nullopt;
  // GET opens a stream of server messages in later revisions of this server; 405 is what clients expect until
  // then.
  if (request.method != "POST") return plain_error(405, "use POST or DELETE here", std::string(k_allow));
  if (!equals_ignoring_case(media_type(request.header("content-type")), k_json))
    return plain_error(415, "the Content-Type must be application/json");
  const std::string_view accept = request.header("accept");
  if (!accepts(accept, k_json) && !accepts(accept, k_stream))
    return plain_error(406, "the Accept header must allow application/json or text/event-stream");
  return std::nullopt;
}

void McpHttp::handle(const HttpRequest& request, const std::string& principal,
                     const std::shared_ptr<HttpExchange>& exchange) {
  if (request.method == "POST") return post(request, principal, exchange);
  const std::string_view id = request.header("mcp-session-id");
  if (id.empty()) return exchange->answer(plain_error(400, "the Mcp-Session-Id header is missing"));
  if (!sessions_.close(id, principal)) return exchange->answer(plain_error(404, "no such session"));
  exchange->answer(mcp_over_http::empty_answer(204));
}

std::optional<HttpAnswer> McpHttp::find_session(const HttpRequest& request, const RpcId& id, Peer& peer) {
  using namespace mcp_over_http;
  const std::string_view version = request.header("mcp-protocol-version");
  if (!version.empty() && !is_supported_version(version))
    return refuse(400, id, k_invalid_request,
                  "MCP-Protocol-Version " + std::string(version.substr(0, 40)) +
                      " is not supported; this server speaks " + std::string(supported_versions().front()));
  const std::string_view session = request.header("mcp-session-id");
  if (session.empty())
    return refuse(400, id, k_invalid_request,
                  "the Mcp-Session-Id header is missing: send initialize first, then its session id");
  if (sessions_.use(session, peer.principal) == nullptr)
    return refuse(404, id, k_invalid_request, "no such session: it ended or expired; send initialize again");
  peer.id = session;
  return std::nullopt;
}

void McpHttp::post(const HttpRequest& request, const std::string& principal,
                   const std::shared_ptr<HttpExchange>& exchange) {
  using namespace mcp_over_http;
  auto message = read_message(request.body);
  if (!message) {
    HttpAnswer answer = message_answer(rpc_error(message.error().id, message.error().error));
    answer.status = 400;
    return exchange->answer(std::move(answer));
  }
  Peer peer{"", principal, Transport::http};
  const bool opens = message->kind == RpcMessage::Kind::request && message->method == "initialize";
  if (!opens) {
    if (std::optional<HttpAnswer> refusal = find_session(request, message->id, peer))
      return exchange->answer(std::move(*refusal));
  }
  const std::string_view accept = request.header("accept");
  const Takes takes{accepts(accept, k_json), accepts(accept, k_stream)};
  perform(service_.dispatcher().dispatch(std::move(*message)), std::move(peer), takes, exchange);
}

void McpHttp::perform(Action action, Peer peer, Takes takes, const std::shared_ptr<HttpExchange>& exchange) {
  using namespace mcp_over_http;
  if (auto* said = std::get_if<SendAnswer>(&action)) {
    if (takes.json) return exchange->answer(message_answer(std::move(said->message)));
    return Sink(exchange, takes).answer(std::move(said->message));
  }
  if (auto* call = std::get_if<BeginCall>(&action))
    return service_.begin(std::move(*call), peer, std::make_shared<Sink>(exchange, takes));
  if (auto* opened = std::get_if<OpenSession>(&action)) {
    const Session& session =
        sessions_.open(std::move(peer.principal), std::move(opened->version), std::move(opened->client));
    HttpAnswer answer = message_answer(std::move(opened->message));
    answer.headers = "Mcp-Session-Id: " + session.id + "\r\n";
    return exchange->answer(std::move(answer));
  }
  if (const auto* cancelled = std::get_if<CancelCall>(&action)) service_.cancel(peer, cancelled->id);
  exchange->answer(empty_answer(202));
}

}  // namespace exai::serve
