// Streamable HTTP: each message is a POST, answered by JSON or by an event stream.
#include "io/http.hpp"

#include "mcp/client/answer.hpp"

#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <thread>

#include <fmt/core.h>

namespace exai::mcp::client {

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

namespace {

constexpr Millis k_http_farewell{2000};  // for what is sent when nobody waits for the answer any more
constexpr Millis k_stream_lifetime = std::chrono::hours(24);

/// What a server sends of its own accord in the legacy era: one GET that stays open, read on a thread of its
/// own and opened again where it ended.
class ServerStream {
 public:
  using Hear = std::function<void(const std::string& message)>;
  ServerStream(io::HttpRequest request, std::size_t limit, Hear hear)
      : limit_(limit),
        hear_(std::move(hear)),
        thread_([this, request](const std::stop_token& stop) { run(stop, request); }) {}
  /// Until the stream is open or will not be: what the server sends before would be lost.
  void wait_until_open(Deadline deadline) {
    std::unique_lock lock(mutex_);
    opened_.wait_until(lock, deadline.at(), [this] { return settled_; });
  }

 private:
  void settle() {
    const std::lock_guard lock(mutex_);
    settled_ = true;
    opened_.notify_all();
  }
  void run(const std::stop_token& stop, io::HttpRequest request);

  std::size_t limit_;
  Hear hear_;
  std::mutex mutex_;
  std::condition_variable opened_;
  bool settled_ = false;
  std::jthread thread_;  // last: it is joined before the rest goes
};

void ServerStream::run(const std::stop_token& stop, io::HttpRequest request) {
  constexpr int k_openings = 1000;
  std::string last_event;
  for (int opening = 0; opening < k_openings && !stop.stop_requested(); ++opening) {
    const Take take = [this](std::string_view text) -> Result<bool> {
      hear_(std::string(text));
      return false;
    };
    Answer answer(take, limit_);
    io::HttpRequest one = request;
    if (!last_event.empty()) one.headers.emplace_back("Last-Event-ID", last_event);
    bool events = false;
    one.stop = stop;
    one.max_body = std::numeric_limits<std::size_t>::max();
    one.on_head = [&](const io::HttpResponse& head) {
      answer.begin(head.header("content-type"));
      events = to_lower(head.header("content-type")).find("text/event-stream") != std::string::npos;
      settle();
    };
    one.on_data = [&](std::string_view bytes) { return events && answer.receive(bytes); };
    const auto response = exchange_same_origin(std::move(one));
    settle();
    // 405 is how a server says that it has no such stream.
    if (!response || response->status != 200 || !events || answer.broken()) return;
    if (!answer.last_event.empty()) last_event = answer.last_event;
    const Wait pause{Deadline::after(k_stream_lifetime), stop};
    if (!pause.pause(answer.retry().value_or(Millis{1000}))) return;
  }
}

class Http final : public Transport {
 public:
  explicit Http(const McpTarget& target) : target_(target) {}
  ~Http() override {
    stream_.reset();
    if (!session_.empty()) (void)io::http_exchange(prepared("DELETE", {}, Deadline::after(k_http_farewell)));
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
  void listen(const Wait& wait) override;
  [[nodiscard]] int status() const override { return status_; }

 private:
  /// Messages of the stream go to whoever waits for an answer now; those that come in between wait for them.
  class Listening;
  void hear(const std::string& message);
  [[nodiscard]] io::HttpRequest prepared(std::string method, const Outgoing& message,
                                         Deadline deadline) const;
  Result<io::HttpResponse> perform(io::HttpRequest request, Answer& answer, const Wait& wait);
  Result<void> resume(Answer& answer, const Wait& wait);
  Result<void> judge(const io::HttpResponse& response, Answer& answer);
  [[nodiscard]] Error ended() const {
    return make_error(ErrorKind::unreachable,
                      fmt::format("{} ended its answer without a result", target_.url));
  }

  McpTarget target_;
  std::string version_, session_;
  bool with_session_ = true;
  int status_ = 0;
  std::mutex taking_;  ///< one message at a time: guards what follows, and whoever takes them
  Answer* waiting_ = nullptr;
  std::stop_source* answered_ = nullptr;
  std::deque<std::string> early_;
  std::unique_ptr<ServerStream> stream_;  // last: its thread uses the rest
};

class Http::Listening {
 public:
  Listening(Http& http, Answer& answer, const std::stop_token& stop)
      : http_(http), forward_(stop, [this] { ended_.request_stop(); }) {
    const std::lock_guard lock(http_.taking_);
    http_.waiting_ = &answer;
    http_.answered_ = &ended_;
    for (const std::string& message : std::exchange(http_.early_, {}))
      if (!answer.done() && !answer.broken()) answer.hand_over(message);
  }
  ~Listening() {
    const std::lock_guard lock(http_.taking_);
    http_.waiting_ = nullptr;
    http_.answered_ = nullptr;
  }
  Listening(const Listening&) = delete;
  Listening& operator=(const Listening&) = delete;
  [[nodiscard]] std::stop_token token() const { return ended_.get_token(); }

 private:
  Http& http_;
  std::stop_source ended_;
  std::stop_callback<std::function<void()>> forward_;
};

void Http::hear(const std::string& message) {
  constexpr std::size_t k_early = 256;
  const std::lock_guard lock(taking_);
  if (waiting_ == nullptr) {
    if (early_.size() >= k_early) early_.pop_front();
    early_.push_back(message);
    return;
  }
  if (waiting_->done() || waiting_->broken()) return;
  waiting_->hand_over(message);
  // The answer itself, or a reason to give up: nothing else is waited for.
  if (waiting_->done() || waiting_->broken()) answered_->request_stop();
}

void Http::listen(const Wait& wait) {
  constexpr Millis k_head_patience{
      300};  // a server that sends no head before its first event is not waited for
  if (!with_session_ || stream_) return;
  io::HttpRequest request = prepared("GET", {}, Deadline::after(k_stream_lifetime));
  for (auto& [name, value] : request.headers)
    if (name == "Accept") value = "text/event-stream";
  stream_ = std::make_unique<ServerStream>(std::move(request), target_.max_message,
                                           [this](const std::string& message) { hear(message); });
  stream_->wait_until_open(wait.deadline.within(k_head_patience));
}

io::HttpRequest Http::prepared(std::string method, const Outgoing& message, Deadline deadline) const {
  io::HttpRequest request;
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
Result<io::HttpResponse> Http::perform(io::HttpRequest request, Answer& answer, const Wait& wait) {
  Result<io::HttpResponse> response;
  std::string moved;
  {
    const Listening listening(*this, answer, wait.stop);
    request.stop = listening.token();
    request.max_body = std::numeric_limits<std::size_t>::max();
    request.on_head = [&](const io::HttpResponse& head) { answer.begin(head.header("content-type")); };
    request.on_data = [&](std::string_view bytes) {
      const std::lock_guard lock(taking_);
      return !answer.done() && !answer.broken() && answer.receive(bytes);
    };
    response = exchange_same_origin(std::move(request), &moved);
  }
  if (answer.broken()) return fail(*answer.broken());
  if (answer.done() && !response) {  // it came on the other stream
    io::HttpResponse other;
    other.status = 200;  // NOLINT(readability-magic-numbers)
    return other;
  }
  if (response && !moved.empty()) target_.url = moved;
  return response;
}

Result<void> Http::judge(const io::HttpResponse& response, Answer& answer) {
  status_ = response.status;
  if (answer.done()) return {};
  const bool good = response.status >= 200 && response.status <= 299;
  if (response.status == 404 && !session_.empty()) {
    session_.clear();  // nothing is left to be deleted
    return fail(
        ErrorKind::unreachable,
        fmt::format("{} no longer knows this session (HTTP 404): it expired or the server was restarted",
                    target_.url),
        "connect again");
  }
  std::string_view text = trim(good ? std::string_view(answer.raw()) : response.body);
  if (text.starts_with("\xEF\xBB\xBF")) text = trim(text.substr(3));
  if (text.starts_with('{') || text.starts_with('[') || (good && !text.empty())) {
    const bool taken = answer.hand_over(text);
    // A body of some proxy's own says less than the status it came with.
    if (taken || (good && answer.broken())) return answer.broken() ? fail(*answer.broken()) : Result<void>{};
    if (good) return fail(ErrorKind::invalid, fmt::format("{} answered another request", target_.url));
  }
  if (!good) return fail(refused_by_status(target_.url, response.status, response.body));
  return fail(ended());
}

/// The rest of a stream that the server closed before its answer.
Result<void> Http::resume(Answer& answer, const Wait& wait) {
  while (!answer.done()) {
    const std::string from = std::exchange(answer.last_event, {});
    if (from.empty()) return fail(ended());
    if (!wait.pause(answer.retry().value_or(Millis{1000})))
      return fail(wait.stop.stop_requested() ? ErrorKind::cancelled : ErrorKind::timeout,
                  fmt::format("no answer from {} before the end of the wait", target_.url));
    Outgoing nothing;
    nothing.headers.emplace_back("Last-Event-ID", from);
    const auto response = perform(prepared("GET", nothing, wait.deadline), answer, wait);
    if (!response) return fail(response.error());
    if (response->status != 200) return judge(*response, answer);
    if (!answer.done() && answer.last_event.empty()) answer.last_event = from;
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
      response->status == 200 && !answer.done() && answer.raw().empty() && !answer.last_event.empty();
  if (cut && with_session_) {
    status_ = response->status;
    return resume(answer, wait);
  }
  return judge(*response, answer);
}

Result<void> Http::send(const Outgoing& message, Deadline deadline) {
  const auto response = exchange_same_origin(prepared("POST", message, deadline));
  if (!response) return fail(response.error());
  if (response->status < 200 || response->status > 299)
    return fail(refused_by_status(target_.url, response->status, response->body));
  return {};
}

}  // namespace

Result<std::unique_ptr<Transport>> open_http(const McpTarget& target) {
  return std::make_unique<Http>(target);
}

}  // namespace exai::mcp::client
