// The state of one answer: what the handler said and the connection has not written yet. Pure; the
// connection's coroutine takes from it.
#pragma once

#include "serve/door/exchange.hpp"

#include <functional>
#include <string>

namespace exai::serve {

class PendingAnswer final : public HttpExchange {
 public:
  PendingAnswer(bool chunked, std::function<void()> wake) : wake_(std::move(wake)), chunked_(chunked) {}

  void answer(HttpAnswer answer) override;
  void may_stream(std::string preamble) override;
  void begin_stream() override;
  void write(std::string_view text, bool droppable) override;
  void finish() override;
  [[nodiscard]] bool streaming() const override { return streaming_; }
  [[nodiscard]] bool open() const override { return !ended_; }
  void on_gone(std::function<void()> hook) override { on_gone_ = std::move(hook); }

  /// The connection is done with this answer: what is said from now on goes nowhere.
  void detach();
  /// The peer has left; whoever wants to know is told.
  void gone();
  [[nodiscard]] bool ended() const { return ended_; }
  /// True when the peer's leaving means something to the handler.
  [[nodiscard]] bool watched() const { return static_cast<bool>(on_gone_); }
  /// Bytes of the stream to write now (head first); empties the outbox.
  void take_stream(std::string& out) {
    out.clear();
    out.swap(outbox_);
  }
  [[nodiscard]] bool has_stream() const { return !outbox_.empty(); }
  HttpAnswer& whole() { return whole_; }
  /// Nothing was said for a while: begins the stream if that is allowed, and shows life.
  void quiet();

 private:
  void wake() {
    if (wake_) wake_();
  }

  std::function<void()> wake_, on_gone_;
  bool chunked_;
  bool ended_ = false, streaming_ = false, may_stream_ = false;
  std::string preamble_, outbox_;
  HttpAnswer whole_;
};

}  // namespace exai::serve
