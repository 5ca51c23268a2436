#include "core/sse.hpp"
#include "core/text.hpp"
#include "io/http.hpp"
#include "io/mcp_client_parts.hpp"

#include <fmt/core.h>

namespace exai::io::mcp {
namespace streamable_http {
namespace {

constexpr Millis k_farewell{2000};  // for what is sent when nobody waits for the answer any more

class Client final : public McpClient {
 public:
  Client(const McpTarget& target, McpObserver observer) : target_(target), observer_(std::move(observer)) {}
  ~Client() override;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  Result<void> initialize(Deadline deadline);
  [[nodiscard]] const McpServerInfo& server() const override { return info_; }
  Result<Json> list_tools(Deadline deadline) override {
    return all_tools([&](Json params) { return ask("tools/list", std::move(params), deadline, {}); });
  }
  Result<Json> call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                         std::stop_token stop) override;
  Result<void> ping(Deadline deadline) override {
    return ask("ping", nullptr, deadline, {}).map([](const Json&) {});
  }

 private:
  [[nodiscard]] HttpRequest prepared(std::string method, std::string body, Deadline deadline) const;
  Result<Json> ask(std::string_view method, Json params, Deadline deadline, const std::stop_token& stop);
  Result<void> notify(std::string_view method, Json params, Deadline deadline);
  /// Sends one request and reads its answer, as JSON or from an event stream.
  Result<Json> exchange(long long id, std::string body, Deadline deadline, const std::stop_token& stop);
  [[nodiscard]] Result<Json> judged(const HttpResponse& response, const std::optional<Json>& answer,
                                    const std::string& raw, long long id) const;
  [[nodiscard]] Error refused(const HttpResponse& response) const;
  void trace(char direction, std::string_view text) const {
    if (observer_.on_frame) observer_.on_frame(direction, text);
  }

  McpTarget target_;
  McpObserver observer_;
  McpServerInfo info_;
  std::string session_;
  long long next_id_ = 1;
};

Client::~Client() {
  if (!session_.empty()) (void)http_exchange(prepared("DELETE", {}, Deadline::after(k_farewell)));
}

HttpRequest Client::prepared(std::string method, std::string body, Deadline deadline) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = target_.url;
  request.headers = target_.headers;
  request.headers.emplace_back("Accept", "application/json, text/event-stream");
  if (!body.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!target_.token.empty())
    request.headers.emplace_back("Authorization", "Bearer " + target_.token.reveal());
  if (!session_.empty()) request.headers.emplace_back("Mcp-Session-Id", session_);
  if (!info_.protocol.empty()) request.headers.emplace_back("MCP-Protocol-Version", info_.protocol);
  request.body = std::move(body);
  request.deadline = deadline;
  return request;
}

Error Client::refused(const HttpResponse& response) const {
  if (const Result<Json> message = read_object(response.body))
    if (const Result<Json> result = result_of(*message); !result) {
      Error error = result.error();
      if (response.status == 401 || response.status == 403) error.kind = ErrorKind::refused;
      return error;
    }
  const std::string text = fmt::format("{} answered HTTP {}: {}", target_.url, response.status,
                                       printable(std::string_view(response.body).substr(0, 200)));
  switch (response.status) {
    case 401:
    case 403:
      return make_error(ErrorKind::refused, text, "give a valid token");
    case 404:
      return make_error(ErrorKind::not_found, text, "check the path; ours is /mcp");
    case 429:
    case 503:
      return make_error(ErrorKind::busy, text, "try again later");
    default:
      return make_error(ErrorKind::invalid, text, "check that an MCP server listens there");
  }
}

Result<Json> Client::judged(const HttpResponse& response, const std::optional<Json>& answer,
                            const std::string& raw, long long id) const {
  if (response.status < 200 || response.status > 299) return fail(refused(response));
  if (answer) return result_of(*answer);
  if (raw.empty())
    return fail(ErrorKind::unreachable, fmt::format("{} ended its answer without a result", target_.url));
  const Result<Json> message = read_object(raw);
  if (!message) return message;
  trace('<', raw);
  if (!answers(*message, id)) return fail(ErrorKind::invalid, "the server answered another request");
  return result_of(*message);
}

Result<Json> Client::exchange(long long id, std::string body, Deadline deadline,
                              const std::stop_token& stop) {
  trace('>', body);
  HttpRequest request = prepared("POST", std::move(body), deadline);
  request.stop = stop;
  SseParser parser;
  std::string raw;  // a JSON answer
  std::optional<Json> answer;
  std::optional<Error> broken;
  const auto on_event = [&](const SseEvent& event) {
    if (answer || broken || event.data.empty()) return;
    trace('<', event.data);
    Result<Json> message = read_object(event.data);
    if (!message)
      broken = message.error();
    else if (answers(*message, id))
      answer = std::move(*message);
    else
      observe(*message, observer_);
  };
  request.on_data = [&](std::string_view bytes) {
    if (!raw.empty() || trim(bytes).starts_with('{')) {
      raw += bytes;
      return true;
    }
    if (auto fed = parser.feed(bytes, on_event); !fed) broken = fed.error();
    return !answer && !broken;  // a server may keep its stream open after the answer
  };
  const Result<HttpResponse> response = http_exchange(request);
  if (broken) return fail(std::move(*broken));
  if (!response) return fail(response.error());
  if (session_.empty()) session_ = response->header("mcp-session-id");
  return judged(*response, answer, raw, id);
}

Result<Json> Client::ask(std::string_view method, Json params, Deadline deadline,
                         const std::stop_token& stop) {
  const long long id = next_id_++;
  return exchange(id, request_text(id, method, std::move(params)), deadline, stop);
}

Result<void> Client::notify(std::string_view method, Json params, Deadline deadline) {
  std::string body = notification_text(method, std::move(params));
  trace('>', body);
  const Result<HttpResponse> response = http_exchange(prepared("POST", std::move(body), deadline));
  if (!response) return fail(response.error());
  if (response->status < 200 || response->status > 299) return fail(refused(*response));
  return {};
}

Result<void> Client::initialize(Deadline deadline) {
  const Result<Json> result = ask("initialize", initialize_params(), deadline, {});
  if (!result) return fail(result.error());
  info_ = read_server_info(*result);
  if (info_.protocol.empty())
    return fail(ErrorKind::invalid, target_.url + " is no MCP server: no protocolVersion");
  return notify("notifications/initialized", nullptr, deadline);
}

Result<Json> Client::call_tool(const std::string& name, const Json& arguments, Deadline deadline,
                               std::stop_token stop) {
  const long long id = next_id_++;
  Result<Json> result = exchange(
      id, request_text(id, "tools/call", call_params(name, arguments, id, observer_)), deadline, stop);
  if (!result && (result.error().kind == ErrorKind::cancelled || deadline.passed()))
    (void)notify("notifications/cancelled",
                 {{"requestId", id}, {"reason", std::string(to_string(result.error().kind))}},
                 Deadline::after(k_farewell));
  return result;
}

}  // namespace
}  // namespace streamable_http

Result<std::unique_ptr<McpClient>> connect_http(const McpTarget& target, McpObserver observer,
                                                Deadline deadline) {
  auto client = std::make_unique<streamable_http::Client>(target, std::move(observer));
  if (auto ready = client->initialize(deadline); !ready) return fail(ready.error());
  return client;
}

}  // namespace exai::io::mcp
