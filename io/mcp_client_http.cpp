// Streamable HTTP: each message is a POST, answered by JSON or by an event stream.
#include "core/sse.hpp"
#include "io/http.hpp"
#include "io/mcp_client_transport.hpp"

#include <limits>
#include <optional>

#include <fmt/core.h>

namespace exai::io::mcp {

Headers base_headers(const McpTarget& target) {
  Headers headers = target.headers;
  const bool own = std::any_of(headers.begin(), headers.end(), [](const auto& header) {
    return equals_ignoring_case(header.first, "authorization");
  });
  if (!own && !target.token.empty()) headers.emplace_back("Authorization", "Bearer " + target.token.reveal());
  return headers;
}

Error refused_by_status(const std::string& url, int status, std::string_view body) {
  const std::string start = printable(trim(body.substr(0, 200)));
  const std::string text =
      fmt::format("{} answered HTTP {}{}{}", url, status, start.empty() ? "" : ": ", start);
  switch (status) {
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

namespace streamable_http {
namespace {

constexpr Millis k_farewell{2000};  // for what is sent when nobody waits for the answer any more

/// What one answer, or the resumed rest of one, has brought so far.
struct Answer {
  const Take& take;
  std::size_t limit;
  SseParser parser;
  std::string raw;  ///< an answer that is no event stream
  std::string last_event;
  bool done = false;
  std::optional<Error> broken;

  Answer(const Take& taker, std::size_t most) : take(taker), limit(most), parser(most) {}
  bool receive(std::string_view bytes);
  bool hand_over(std::string_view text);
};

bool Answer::hand_over(std::string_view text) {
  const Result<bool> taken = take(text);
  if (!taken)
    broken = taken.error();
  else
    done = *taken;
  return done;
}

bool Answer::receive(std::string_view bytes) {
  if (!raw.empty() || trim(bytes).starts_with('{') || trim(bytes).starts_with('[')) {
    if (raw.size() + bytes.size() > limit) {
      broken =
          make_error(ErrorKind::invalid, fmt::format("the server's answer is larger than {} bytes", limit),
                     "ask for less at once");
      return false;
    }
    raw += bytes;
    return true;
  }
  auto fed = parser.feed(bytes, [&](const SseEvent& event) {
    if (!event.id.empty()) last_event = event.id;
    if (!done && !broken && !event.data.empty()) hand_over(event.data);
  });
  if (!fed) broken = fed.error();
  return !done && !broken;  // a server may keep its stream open after the answer
}

class Http final : public Transport {
 public:
  explicit Http(const McpTarget& target) : target_(target) {}
  ~Http() override {
    if (!session_.empty()) (void)http_exchange(prepared("DELETE", {}, Deadline::after(k_farewell)));
  }
  Http(const Http&) = delete;
  Http& operator=(const Http&) = delete;
  [[nodiscard]] McpTransport kind() const override { return McpTransport::http; }
  Result<void> exchange(const Outgoing& message, const Take& take, const Wait& wait) override;
  Result<void> send(const Outgoing& message, Deadline deadline) override;
  void agree(const std::string& version, bool session) override {
    version_ = version;
    with_session_ = session;
    if (!session) session_.clear();
  }
  [[nodiscard]] int status() const override { return status_; }

 private:
  [[nodiscard]] HttpRequest prepared(std::string method, const Outgoing& message, Deadline deadline) const;
  Result<HttpResponse> perform(HttpRequest request, Answer& answer, const Wait& wait);
  Result<void> resume(Answer& answer, const Wait& wait);
  Result<void> judge(const HttpResponse& response, Answer& answer);
  [[nodiscard]] Error ended() const {
    return make_error(ErrorKind::unreachable,
                      fmt::format("{} ended its answer without a result", target_.url));
  }

  McpTarget target_;
  std::string version_, session_;
  bool with_session_ = true;
  int status_ = 0;
};

HttpRequest Http::prepared(std::string method, const Outgoing& message, Deadline deadline) const {
  HttpRequest request;
  request.method = std::move(method);
  request.url = target_.url;
  request.headers = base_headers(target_);
  request.headers.emplace_back("Accept", "application/json, text/event-stream");
  if (!message.text.empty()) request.headers.emplace_back("Content-Type", "application/json");
  if (!session_.empty()) request.headers.emplace_back("Mcp-Session-Id", session_);
  if (!version_.empty()) request.headers.emplace_back("MCP-Protocol-Version", version_);
  request.headers.insert(request.headers.end(), message.headers.begin(), message.headers.end());
  request.body = message.text;
  request.deadline = deadline;
  return request;
}

/// The stream has no limit of its own: what counts is the size of one message.
Result<HttpResponse> Http::perform(HttpRequest request, Answer& answer, const Wait& wait) {
  request.stop = wait.stop;
  request.max_body = std::numeric_limits<std::size_t>::max();
  request.on_data = [&](std::string_view bytes) { return answer.receive(bytes); };
  Result<HttpResponse> response = http_exchange(request);
  if (answer.broken) return fail(*answer.broken);
  return response;
}

Result<void> Http::judge(const HttpResponse& response, Answer& answer) {
  status_ = response.status;
  if (answer.done) return {};
  const bool good = response.status >= 200 && response.status <= 299;
  if (response.status == 404 && !session_.empty()) {
    session_.clear();  // nothing is left to be deleted
    return fail(
        ErrorKind::unreachable,
        fmt::format("{} no longer knows this session (HTTP 404): it expired or the server was restarted",
                    target_.url),
        "connect again");
  }
  const std::string& text = good ? answer.raw : response.body;
  if (trim(text).starts_with('{') || (good && !text.empty())) {
    const bool taken = answer.hand_over(text);
    // A body of some proxy's own says less than the status it came with.
    if (taken || (good && answer.broken)) return answer.broken ? fail(*answer.broken) : Result<void>{};
    if (good) return fail(ErrorKind::invalid, fmt::format("{} answered another request", target_.url));
  }
  if (!good) return fail(refused_by_status(target_.url, response.status, response.body));
  return fail(ended());
}

/// The rest of a stream that the server closed before its answer (facts: mcp b.2, server-sse-polling).
Result<void> Http::resume(Answer& answer, const Wait& wait) {
  while (!answer.done) {
    const std::string from = std::exchange(answer.last_event, {});
    if (from.empty()) return fail(ended());
    if (!wait.pause(answer.parser.retry().value_or(Millis{1000})))
      return fail(wait.stop.stop_requested() ? ErrorKind::cancelled : ErrorKind::timeout,
                  fmt::format("no answer from {} before the end of the wait", target_.url));
    answer.parser = SseParser(answer.limit);
    Outgoing nothing;
    nothing.headers.emplace_back("Last-Event-ID", from);
    const auto response = perform(prepared("GET", nothing, wait.deadline), answer, wait);
    if (!response) return fail(response.error());
    if (response->status != 200) return judge(*response, answer);
    if (!answer.done && answer.last_event.empty()) answer.last_event = from;
  }
  return {};
}

Result<void> Http::exchange(const Outgoing& message, const Take& take, const Wait& wait) {
  status_ = 0;
  Answer answer(take, target_.max_message);
  const auto response = perform(prepared("POST", message, wait.deadline), answer, wait);
  if (!response) return fail(response.error());
  if (with_session_ && session_.empty()) session_ = response->header("mcp-session-id");
  const bool cut =
      response->status == 200 && !answer.done && answer.raw.empty() && !answer.last_event.empty();
  if (cut && with_session_) {
    status_ = response->status;
    return resume(answer, wait);
  }
  return judge(*response, answer);
}

Result<void> Http::send(const Outgoing& message, Deadline deadline) {
  const auto response = http_exchange(prepared("POST", message, deadline));
  if (!response) return fail(response.error());
  if (response->status < 200 || response->status > 299)
    return fail(refused_by_status(target_.url, response->status, response->body));
  return {};
}

}  // namespace
}  // namespace streamable_http

Result<std::unique_ptr<Transport>> open_http(const McpTarget& target) {
  return std::make_unique<streamable_http::Http>(target);
}

}  // namespace exai::io::mcp
