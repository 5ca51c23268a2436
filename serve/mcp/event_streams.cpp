#include "serve/mcp/event_streams.hpp"

#include "core/sse.hpp"

#include <charconv>
#include <optional>

namespace exai::serve::mcp {
namespace {

// How long a client is asked to wait before it comes back.
constexpr std::string_view k_retry_ms = "500";

std::string event_id_text(std::uint64_t stream, std::uint64_t sequence) {
  return std::to_string(stream) + "-" + std::to_string(sequence);
}

struct Position {
  std::uint64_t stream = 0, sequence = 0;
};

std::optional<Position> read(std::string_view id) {
  Position position;
  const char* end = id.data() + id.size();
  const auto stream = std::from_chars(id.data(), end, position.stream);
  if (stream.ec != std::errc() || stream.ptr == end || *stream.ptr != '-') return std::nullopt;
  const auto sequence = std::from_chars(stream.ptr + 1, end, position.sequence);
  if (sequence.ec != std::errc() || sequence.ptr != end) return std::nullopt;
  return position;
}

}  // namespace

std::string EventStream::preamble() const {
  if (!primes_) return {};
  std::string text = "id: " + event_id_text(number_, last_);
  return text.append("\nretry: ").append(k_retry_ms).append("\ndata: \n\n");
}

void EventStream::attach(const std::shared_ptr<net::ResponseWriter>& exchange, bool watched) {
  out_ = exchange;
  if (!watched) return;
  exchange->on_gone([weak = weak_from_this(), gone = exchange.get()] {
    if (const auto stream = weak.lock(); stream && stream->out_.get() == gone) stream->out_ = nullptr;
  });
}

void EventStream::push(std::string_view message, bool droppable) {
  if (finished_) return;
  Event event{++last_, {}};
  event.text = sse_event(message, event_id_text(number_, last_));
  if (out_) out_->write(event.text, droppable);
  bytes_ += event.text.size();
  events_.push_back(std::move(event));
  // The last event is kept however large it is: it may be the answer.
  while (events_.size() > 1 && (events_.size() > limits_.events || bytes_ > limits_.bytes)) {
    bytes_ -= events_.front().text.size();
    events_.pop_front();
  }
}

void EventStream::finish() {
  finished_ = true;
  detach();
}

void EventStream::detach() {
  const std::shared_ptr<net::ResponseWriter> out = std::move(out_);
  out_ = nullptr;
  if (out) out->finish();
}

void EventStream::resume(std::uint64_t seen, const std::shared_ptr<net::ResponseWriter>& exchange) {
  detach();
  exchange->may_stream({});
  exchange->begin_stream();
  for (const Event& event : events_)
    if (event.sequence > seen) exchange->write(event.text, false);
  if (finished_) return exchange->finish();
  attach(exchange, true);
}

std::shared_ptr<EventStream> SessionStreams::open() {
  if (streams_.size() >= limits_.streams) {
    const auto over =
        std::find_if(streams_.begin(), streams_.end(), [](const auto& stream) { return stream->finished(); });
    streams_.erase(over == streams_.end() ? streams_.begin() : over);
  }
  streams_.push_back(std::make_shared<EventStream>(next_++, primes_, limits_));
  return streams_.back();
}

void SessionStreams::drop(const EventStream& stream) {
  streams_.remove_if([&](const auto& one) { return one.get() == &stream; });
}

void SessionStreams::listen(const std::shared_ptr<net::ResponseWriter>& exchange) {
  if (!own_) own_ = std::make_shared<EventStream>(0, primes_, limits_);
  own_->detach();
  exchange->may_stream(own_->preamble());
  exchange->begin_stream();
  own_->attach(exchange, true);
}

bool SessionStreams::resume(std::string_view last_event_id,
                            const std::shared_ptr<net::ResponseWriter>& exchange) {
  const std::optional<Position> position = read(last_event_id);
  if (!position) return false;
  if (position->stream == 0 && own_) return own_->resume(position->sequence, exchange), true;
  for (const std::shared_ptr<EventStream>& stream : streams_)
    if (stream->number() == position->stream) return stream->resume(position->sequence, exchange), true;
  return false;
}

void SessionStreams::send(std::string message) {
  if (own_) own_->push(message, true);
}

void SessionStreams::end() {
  if (own_) own_->finish();
  for (const std::shared_ptr<EventStream>& stream : streams_) stream->finish();
  streams_.clear();
}

}  // namespace exai::serve::mcp
