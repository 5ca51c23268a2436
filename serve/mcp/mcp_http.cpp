#include "serve/mcp/mcp_http.hpp"

#include "core/sse.hpp"
#include "core/text.hpp"
#include "mcp/errors.hpp"
#include "serve/mcp/batch.hpp"

namespace exai::serve::mcp {
namespace {

constexpr std::string_view k_stream = "text/event-stream";
constexpr std::string_view k_json = "application/json";
constexpr std::string_view k_allow = "Allow: GET, POST, DELETE\r\n";
constexpr std::string_view k_allow_modern = "Allow: POST\r\n";

net::HttpResponse refuse_http(int status, const RpcId& id, int code, std::string message) {
  RpcError error;
  error.code = code;
  error.message = std::move(message);
  net::HttpResponse answer;
  answer.status = status;
  answer.body = rpc_error(id, error);
  return answer;
}

net::HttpResponse lost_session(const RpcId& id) {
  return refuse_http(404, id, k_session_lost,
                     "Session not found: it ended or expired; send initialize again");
}

net::HttpResponse message_answer(std::string body, int status = 200) {
  net::HttpResponse answer;
  answer.status = status;
  answer.body = std::move(body);
  return answer;
}

net::HttpResponse empty_answer(int status) {
  net::HttpResponse answer;
  answer.status = status;
  return answer;
}

std::string_view media_type(std::string_view header) {
  return trim(header.substr(0, header.find(';')));
}

/// True for a request of the stateless revisions, as far as its headers tell.
bool is_stateless(const net::HttpRequest& request) {
  const std::string_view version = request.header("mcp-protocol-version");
  return !version.empty() && !is_session_version(version);
}

}  // namespace

bool accepts(std::string_view accept, std::string_view type) {
  if (trim(accept).empty()) return true;
  const std::string_view main = type.substr(0, type.find('/'));
  while (!accept.empty()) {
    const std::size_t comma = accept.find(',');
    const std::string_view range = media_type(accept.substr(0, comma));
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
/// nothing else. A session's stream outlives its connection.
class McpHttp::Sink final : public ResponseSink {
 public:
  Sink(McpHttp& owner, const Peer& peer, const auth::Challenge& challenge,
       std::shared_ptr<net::ResponseWriter> exchange, Takes takes)
      : owner_(owner),
        peer_(peer),
        pass_(peer.request->pass),
        challenge_(challenge),
        exchange_(std::move(exchange)),
        takes_(takes) {
    peer_.request = nullptr;
  }

  [[nodiscard]] bool can_send() const override { return takes_.stream; }

  void send(std::string message, bool droppable) override {
    if (!takes_.stream) return;
    wait();
    if (stream_) return stream_->push(message, droppable);
    exchange_->write(sse_event(message), droppable);
  }

  void answer(std::string message, int http) override {
    over_ = true;
    const bool plain = takes_.json && !exchange_->streaming() && !let_go_;
    if (plain && stream_) streams()->drop(*stream_);
    if (plain) return exchange_->answer(message_answer(std::move(message), http));
    wait();
    if (!stream_) {
      exchange_->write(sse_event(message), false);
      return exchange_->finish();
    }
    stream_->push(message, false);
    stream_->finish();
  }

  void forbid(std::string message, Scope needed) override {
    over_ = true;
    net::HttpResponse refusal = auth::forbidden(needed, challenge_);
    refusal.body = std::move(message);
    exchange_->answer(std::move(refusal));
  }

  void accepted() override {
    over_ = true;
    exchange_->answer(empty_answer(202));
  }

  void abandon() override {
    over_ = true;
    if (stream_) return stream_->finish();
    exchange_->finish();
  }

  void open_session(OpenSession opened) override {
    over_ = true;
    const std::shared_ptr<Session> session =
        owner_.sessions_.open(peer_.principal, std::move(opened.version), std::move(opened.client));
    session->pass = pass_;
    session->streams = std::make_shared<SessionStreams>(session->version, StreamLimits());
    session->channel = session->streams;
    owner_.service_.join(session);
    net::HttpResponse answer = message_answer(std::move(opened.message));
    answer.headers = "Mcp-Session-Id: " + session->id + "\r\n";
    if (takes_.json) return exchange_->answer(std::move(answer));
    // The header has to come with the head of the stream.
    net::HttpResponse stream = std::move(answer);
    stream.type = k_stream;
    stream.body = sse_event(stream.body);
    exchange_->answer(std::move(stream));
  }

  void let_poll() override {
    if (!takes_.stream || over_) return;
    wait();
    if (!stream_ || !streams()->primes() || let_go_) return;
    let_go_ = true;
    exchange_->begin_stream();
    stream_->detach();
  }

  void stay() override {
    wait();
    exchange_->stay_open();
    exchange_->begin_stream();
  }

  /// The answer is not there yet: the exchange may become a stream.
  void wait() {
    if (waiting_ || !takes_.stream) return;
    waiting_ = true;
    if (SessionStreams* all = streams()) {
      stream_ = all->open();
      exchange_->may_stream(stream_->preamble());
      stream_->attach(exchange_, false);
      return;
    }
    exchange_->may_stream({});
  }

  [[nodiscard]] bool over() const { return over_; }
  void wait_unless_over() {
    if (!over_) wait();
  }

 private:
  [[nodiscard]] SessionStreams* streams() const {
    return peer_.session ? peer_.session->streams.get() : nullptr;
  }

  McpHttp& owner_;
  Peer peer_;
  std::shared_ptr<const net::Pass> pass_;
  auth::Challenge challenge_;
  std::shared_ptr<net::ResponseWriter> exchange_;
  Takes takes_;
  std::shared_ptr<EventStream> stream_;  // of a session
  bool waiting_ = false, over_ = false, let_go_ = false;
};

std::optional<net::HttpResponse> McpHttp::admit(const net::HttpRequest& request) {
  const bool stateless = is_stateless(request);
  if (!stateless && request.method == "DELETE") return std::nullopt;
  if (!stateless && request.method == "GET") {
    if (accepts(request.header("accept"), k_stream)) return std::nullopt;
    return net::plain_error(406, "the Accept header must allow text/event-stream");
  }
  if (request.method != "POST") {
    return stateless ? net::plain_error(405, "use POST here: this revision has nothing else",
                                        std::string(k_allow_modern))
                     : net::plain_error(405, "use POST, GET or DELETE here", std::string(k_allow));
  }
  if (!equals_ignoring_case(media_type(request.header("content-type")), k_json))
    return net::plain_error(415, "the Content-Type must be application/json");
  const std::string_view accept = request.header("accept");
  if (!accepts(accept, k_json) && !accepts(accept, k_stream))
    return net::plain_error(406, "the Accept header must allow application/json or text/event-stream");
  return std::nullopt;
}

void McpHttp::handle(const net::HttpRequest& request, const Principal& principal,
                     const auth::Challenge& challenge, const std::shared_ptr<net::ResponseWriter>& exchange) {
  if (request.method == "POST") return post(request, principal, challenge, exchange);
  if (request.method == "GET") return get(request, principal, exchange);
  const std::string_view id = request.header("mcp-session-id");
  if (id.empty()) return exchange->answer(net::plain_error(400, "the Mcp-Session-Id header is missing"));
  if (!sessions_.close(id, principal.name)) return exchange->answer(lost_session({}));
  exchange->answer(empty_answer(204));
}

void McpHttp::get(const net::HttpRequest& request, const Principal& principal,
                  const std::shared_ptr<net::ResponseWriter>& exchange) {
  Peer peer;
  peer.principal = principal;
  if (std::optional<net::HttpResponse> refusal = find_session(request, {}, peer))
    return exchange->answer(std::move(*refusal));
  exchange->stay_open();
  SessionStreams* const streams = peer.session->streams.get();
  const std::string_view last = request.header("last-event-id");
  if (last.empty()) return streams->listen(exchange);
  // What is gone cannot be replayed; the client continues with the current stream.
  if (!streams->resume(last, exchange)) streams->listen(exchange);
}

std::optional<net::HttpResponse> McpHttp::find_session(const net::HttpRequest& request, const RpcId& id,
                                                       Peer& peer) {
  const std::string_view session = request.header("mcp-session-id");
  if (session.empty())
    return refuse_http(400, id, k_invalid_request,
                       "the Mcp-Session-Id header is missing: send initialize first, then its session id");
  peer.session = sessions_.use(session, peer.principal.name);
  if (peer.session && request.pass) peer.session->pass = request.pass;
  if (!peer.session) return lost_session(id);
  peer.id = peer.session->id;
  return std::nullopt;
}

void McpHttp::post(const net::HttpRequest& request, const Principal& principal,
                   const auth::Challenge& challenge, const std::shared_ptr<net::ResponseWriter>& exchange) {
  Peer peer;
  peer.principal = principal;
  peer.request = &request;
  Result<Json> value = parse_json(request.body);
  if (!value)
    return exchange->answer(refuse_http(400, {}, k_parse_error, "parse error: " + value.error().message));
  if (value->is_array() && !find_session(request, {}, peer) && takes_batches(*peer.session)) {
    const auto sink = sink_for(peer, challenge, exchange);
    take_batch(service_, std::move(*value), peer, sink);
    return sink->wait_unless_over();
  }
  auto message = read_message(*value);
  if (!message)
    return exchange->answer(message_answer(rpc_error(message.error().id, message.error().error), 400));
  const Era era = era_of(*message, request.header("mcp-protocol-version"));
  if (era == Era::stateless) {
    if (message->kind == RpcMessage::Kind::response)
      return exchange->answer(
          refuse_http(400, message->id, k_invalid_request, "this revision has no requests to answer"));
    peer.id = "x" + std::to_string(next_peer_++);
    peer.session = nullptr;
    return take(std::move(*message), era, peer, challenge, exchange);
  }
  const bool opens = message->kind == RpcMessage::Kind::request && message->method == "initialize";
  if (!opens) {
    if (std::optional<net::HttpResponse> refusal = find_session(request, message->id, peer))
      return exchange->answer(std::move(*refusal));
  }
  take(std::move(*message), era, peer, challenge, exchange);
}

std::shared_ptr<McpHttp::Sink> McpHttp::sink_for(const Peer& peer, const auth::Challenge& challenge,
                                                 const std::shared_ptr<net::ResponseWriter>& exchange) {
  const std::string_view accept = peer.request->header("accept");
  const Takes takes{accepts(accept, k_json), accepts(accept, k_stream)};
  return std::make_shared<Sink>(*this, peer, challenge, exchange, takes);
}

void McpHttp::take(RpcMessage message, Era era, const Peer& peer, const auth::Challenge& challenge,
                   const std::shared_ptr<net::ResponseWriter>& exchange) {
  const auto sink = sink_for(peer, challenge, exchange);
  service_.take(std::move(message), era, peer, sink);
  if (sink->over()) return;
  sink->wait_unless_over();
  // In the stateless revision leaving is cancelling; a session's client may come back.
  if (era == Era::stateless) exchange->on_gone([this, id = peer.id] { service_.drop(id); });
}

}  // namespace exai::serve::mcp
