// The event streams of one HTTP session, kept for a client that comes back with Last-Event-ID. Loop thread
// only.
#pragma once

#include "serve/mcp/session.hpp"
#include "serve/net/exchange.hpp"

#include <cstdint>
#include <deque>
#include <list>
#include <memory>
#include <string>
#include <string_view>

namespace exai::serve::mcp {

/// What is kept of streams for resumption; the oldest goes first.
struct StreamLimits {
  std::size_t streams = 16;                   ///< of one session, those that are over included
  std::size_t events = 256;                   ///< of one stream
  std::size_t bytes = std::size_t{1} << 20U;  ///< of one stream
};

/// One stream: its events in order, and the exchange that is reading it now, if any.
class EventStream : public std::enable_shared_from_this<EventStream> {
 public:
  EventStream(std::uint64_t number, bool primes, const StreamLimits& limits)
      : number_(number), primes_(primes), limits_(limits) {}

  /// What an exchange has to write first: an event with an id and no data, for revisions that know it.
  [[nodiscard]] std::string preamble() const;
  /// `watched`: the exchange is released when its peer leaves; one that owes an answer is not, for a peer
  /// that has only closed its own side still reads.
  void attach(const std::shared_ptr<net::ResponseWriter>& exchange, bool watched);
  void push(std::string_view message, bool droppable);
  /// Nothing more will come. The events stay.
  void finish();
  /// Releases the exchange; events are still recorded.
  void detach();
  /// Sends what came after `seen` to a new exchange, which takes the old one's place.
  void resume(std::uint64_t seen, const std::shared_ptr<net::ResponseWriter>& exchange);
  [[nodiscard]] std::uint64_t number() const { return number_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] bool attached() const { return out_ != nullptr; }

 private:
  struct Event {
    std::uint64_t sequence;
    std::string text;
  };
  std::uint64_t number_;
  bool primes_;
  StreamLimits limits_;
  std::uint64_t last_ = 0;
  std::deque<Event> events_;
  std::size_t bytes_ = 0;
  bool finished_ = false;
  std::shared_ptr<net::ResponseWriter> out_;
};

/// All streams of a session; stream 0 is the one a client opens with GET, for what belongs to no request.
class SessionStreams final : public SessionChannel {
 public:
  SessionStreams(std::string_view version, StreamLimits limits)
      : primes_(version >= "2025-11-25"), limits_(limits) {}

  /// For a request whose answer becomes a stream.
  std::shared_ptr<EventStream> open();
  /// The stream was not needed after all.
  void drop(const EventStream& stream);
  /// The client's GET: a second one takes the first one's place.
  void listen(const std::shared_ptr<net::ResponseWriter>& exchange);
  /// A client comes back; false when nothing is known of that stream any more.
  bool resume(std::string_view last_event_id, const std::shared_ptr<net::ResponseWriter>& exchange);
  /// To stream 0; lost while the client has never opened it.
  void send(std::string message) override;
  [[nodiscard]] bool listening() const override { return own_ && own_->attached(); }
  void end() override;
  [[nodiscard]] bool primes() const { return primes_; }

 private:
  bool primes_;
  StreamLimits limits_;
  std::uint64_t next_ = 1;
  std::shared_ptr<EventStream> own_;                 // stream 0
  std::list<std::shared_ptr<EventStream>> streams_;  // of requests, oldest first
};

}  // namespace exai::serve::mcp
