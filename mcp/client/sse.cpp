// HTTP+SSE of 2024-11-05: one event stream for all that comes, and an address from it for all that goes.
#include "core/sse.hpp"

#include "io/http.hpp"
#include "mcp/client/answer.hpp"

#include <condition_variable>
#include <deque>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/core.h>

namespace exai::mcp::client {
namespace {

constexpr std::size_t k_events = 1024;  // that wait to be read; the stream pauses when they are too many
constexpr Millis k_lifetime = std::chrono::hours(24);

/// The stream, read on a thread of its own into a bounded queue.
class Events {
 public:
  Events(io::HttpRequest request, std::size_t limit);
  ~Events() {
    thread_.request_stop();
    room_.notify_all();
  }
  Events(const Events&) = delete;
  Events& operator=(const Events&) = delete;
  /// The next event; the error that ended the stream once all are read.
  Result<SseEvent> next(Deadline deadline);
  [[nodiscard]] int status() const {
    const std::lock_guard lock(mutex_);
    return status_;
  }

 private:
  void run(const std::stop_token& stop, io::HttpRequest request);
  bool push(const SseEvent& event, const std::stop_token& stop);

  std::size_t limit_, bytes_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable_any came_, room_;
  std::deque<SseEvent> events_;
  std::optional<Error> end_;
  int status_ = 0;
  std::jthread thread_;  // last: it is joined before the rest goes
};

Events::Events(io::HttpRequest request, std::size_t limit) : limit_(limit) {
  thread_ = std::jthread([this, request = std::move(request)](const std::stop_token& stop) mutable {
    run(stop, std::move(request));
  });
}

bool Events::push(const SseEvent& event, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  const bool roomy = room_.wait(lock, stop, [&] {
    return events_.empty() || (events_.size() < k_events && bytes_ + event.data.size() <= limit_);
  });
  if (!roomy) return false;
  bytes_ += event.data.size();
  events_.push_back(event);
  came_.notify_all();
  return true;
}

void Events::run(const std::stop_token& stop, io::HttpRequest request) {
  SseParser parser(limit_);
  std::optional<Error> broken;
  const std::string url = request.url;
  request.stop = stop;
  request.max_body = std::numeric_limits<std::size_t>::max();
  request.on_data = [&](std::string_view bytes) {
    bool open = true;
    const auto fed = parser.feed(bytes, [&](const SseEvent& event) { open = open && push(event, stop); });
    if (!fed) broken = fed.error();
    return open && fed.has_value();
  };
  const auto response = exchange_same_origin(request);
  const std::lock_guard lock(mutex_);
  if (broken)
    end_ = std::move(broken);
  else if (!response)
    end_ = response.error();
  else if (response->status < 200 || response->status > 299)
    end_ = refused_by_status(url, response->status, response->body);
  else
    end_ = make_error(ErrorKind::unreachable, url + " ended its event stream");
  if (response) status_ = response->status;
  came_.notify_all();
}

Result<SseEvent> Events::next(Deadline deadline) {
  std::unique_lock lock(mutex_);
  if (!came_.wait_until(lock, deadline.at(), [&] { return !events_.empty() || end_; }))
    return fail(ErrorKind::timeout, "no event came in time");
  if (events_.empty()) return fail(*end_);
  SseEvent event = std::move(events_.front());
  events_.pop_front();
  bytes_ -= event.data.size();
  room_.notify_all();
  return event;
}

class Sse final : public MessageStream {
 public:
  Sse(const McpTarget& target, io::HttpRequest request)
      : target_(target), events_(std::make_unique<Events>(std::move(request), target.max_message)) {}
  Result<void> wait_for_endpoint(const Wait& wait);
  [[nodiscard]] McpTransport kind() const override { return McpTransport::sse; }
  Result<void> send(const Outgoing& message, Deadline deadline) override;
  void agree(const std::string& version, bool /*session*/) override { version_ = version; }
  [[nodiscard]] int status() const override { return status_; }

 protected:
  Result<std::string> receive(Deadline deadline) override {
    return events_->next(deadline).map([](SseEvent event) { return std::move(event.data); });
  }

 private:
  McpTarget target_;
  std::string endpoint_, version_;
  std::unique_ptr<Events> events_;
  int status_ = 0;
};

Result<void> Sse::wait_for_endpoint(const Wait& wait) {
  for (;;) {
    if (wait.stop.stop_requested()) return fail(ErrorKind::cancelled, "connecting was cancelled");
    const auto event = events_->next(wait.slice());
    if (!event) {
      status_ = events_->status();
      if (event.error().kind != ErrorKind::timeout) return fail(event.error());
      if (!wait.deadline.passed()) continue;
      return fail(ErrorKind::timeout, fmt::format("{} sent no 'endpoint' event in time", target_.url));
    }
    if (event->event != "endpoint")
      return fail(ErrorKind::invalid,
                  fmt::format("{} does not begin its stream with the event 'endpoint'", target_.url),
                  "is it an HTTP+SSE server of MCP?");
    auto endpoint = same_origin(target_.url, event->data);
    if (!endpoint) return fail(Error(endpoint.error()).during("reading the endpoint that the server names"));
    endpoint_ = std::move(*endpoint);
    return {};
  }
}

Result<void> Sse::send(const Outgoing& message, Deadline deadline) {
  io::HttpRequest request;
  request.method = "POST";
  request.url = endpoint_;
  request.headers = base_headers(target_);
  request.headers.emplace_back("Content-Type", "application/json");
  if (!version_.empty()) request.headers.emplace_back("MCP-Protocol-Version", version_);
  request.body = message.text;
  request.deadline = deadline;
  const auto response = exchange_same_origin(request);
  if (!response) return fail(response.error());
  status_ = response->status;
  if (response->status < 200 || response->status > 299)
    return fail(refused_by_status(endpoint_, response->status, response->body));
  return {};
}

}  // namespace

Result<std::unique_ptr<Transport>> open_sse(const McpTarget& target, const Wait& wait) {
  io::HttpRequest request;
  request.url = target.url;
  request.headers = base_headers(target);
  request.headers.emplace_back("Accept", "text/event-stream");
  request.deadline = Deadline::after(k_lifetime);
  auto transport = std::make_unique<Sse>(target, std::move(request));
  if (auto ready = transport->wait_for_endpoint(wait); !ready) return fail(ready.error());
  return transport;
}

}  // namespace exai::mcp::client
