#include "serve/mcp/mcp_sse.hpp"

#include "core/sse.hpp"
#include "core/text.hpp"
#include "mcp/errors.hpp"

namespace exai::serve::mcp {
namespace {

constexpr std::string_view k_session_query = "sessionId=";

net::HttpResponse lost_stream() {
  RpcError error;
  error.code = k_session_lost;
  error.message = "Session not found: its stream has ended; open /sse again";
  net::HttpResponse answer;
  answer.status = 404;
  answer.body = rpc_error({}, error);
  return answer;
}

}  // namespace

std::optional<net::HttpResponse> McpSse::admit(const net::HttpRequest& request) {
  if (request.path == "/sse") {
    if (request.method == "GET") return std::nullopt;
    // Clients that look for Streamable HTTP first POST here and take 405 as the sign to GET.
    return net::plain_error(405, "use GET here, or the newer transport at /mcp", "Allow: GET\r\n");
  }
  if (request.method != "POST") return net::plain_error(405, "use POST here", "Allow: POST\r\n");
  const std::string_view type = request.header("content-type");
  if (!equals_ignoring_case(trim(type.substr(0, type.find(';'))), "application/json"))
    return net::plain_error(415, "the Content-Type must be application/json");
  return std::nullopt;
}

void McpSse::handle(const net::HttpRequest& request, const Principal& principal,
                    const std::shared_ptr<net::ResponseWriter>& exchange) {
  if (request.path == "/sse") return open(principal, exchange);
  post(request, principal, exchange);
}

void McpSse::open(const Principal& principal, const std::shared_ptr<net::ResponseWriter>& exchange) {
  if (streams_.size() >= max_)
    return exchange->answer(
        net::plain_error(503, "no room for another stream (limits.streams)", "Retry-After: 5\r\n"));
  const std::string id = make_id_();
  exchange->may_stream("event: endpoint\ndata: messages?" + std::string(k_session_query) + id + "\n\n");
  exchange->stay_open();
  exchange->begin_stream();
  const std::weak_ptr<net::ResponseWriter> weak = exchange;
  const auto write = [weak](const std::string& message, bool droppable) {
    if (const auto out = weak.lock()) out->write(sse_event(message), droppable);
  };
  streams_[id] = {std::make_unique<McpPipe>(service_, "sse:" + id, principal, engine::Transport::http, write),
                  exchange};
  exchange->on_gone([this, id] { streams_.erase(id); });
}

void McpSse::post(const net::HttpRequest& request, const Principal& principal,
                  const std::shared_ptr<net::ResponseWriter>& exchange) {
  std::string_view id;
  for (std::string_view rest = request.query; !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    if (pair.substr(0, k_session_query.size()) == k_session_query) id = pair.substr(k_session_query.size());
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
  }
  const auto found = streams_.find(id);
  if (found == streams_.end() || found->second.pipe->principal().name != principal.name)
    return exchange->answer(lost_stream());
  net::HttpResponse accepted;
  accepted.status = 202;
  accepted.body = "Accepted";
  accepted.type = "text/plain";
  exchange->answer(std::move(accepted));
  found->second.pipe->take(request.body);
}

void McpSse::end_streams() {
  for (auto& [id, stream] : std::exchange(streams_, {})) {
    stream.pipe.reset();
    stream.exchange->finish();
  }
}

}  // namespace exai::serve::mcp
