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
  void may_stream(std::string headers) override;
  void event(std::string data, bool droppable) override;
  void conclude(HttpAnswer last) override;

  /// The connection is gone: what is said from now on goes nowhere.
  void detach() {
    wake_ = nullptr;
    ended_ = true;
  }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] bool streaming() const { return streaming_; }
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
  void commit();
  void wake() {
    if (wake_) wake_();
  }

  std::function<void()> wake_;
  bool chunked_;
  bool ended_ = false, streaming_ = false, may_stream_ = false;
  std::string headers_, outbox_;
  HttpAnswer whole_;
};

}  // namespace exai::serve
