// The state of one answer: what the handler sent and the connection has not written yet. Pure; the
// connection's coroutine takes from it.
#pragma once

#include "serve/net/exchange.hpp"

#include <functional>
#include <string>

namespace exai::serve::net {

class PendingResponse final : public ResponseWriter {
 public:
  /// `headers`: further lines of a stream's head; `pass`: who is calling.
  PendingResponse(bool chunked, std::string headers, SharedPass pass, std::function<void()> wake)
      : wake_(std::move(wake)), chunked_(chunked), headers_(std::move(headers)), pass_(std::move(pass)) {}

  void answer(HttpResponse answer) override;
  void may_stream(std::string preamble) override;
  void begin_stream() override;
  void stay_open() override { stays_open_ = true; }
  void carry(SharedPass pass) override { pass_ = std::move(pass); }
  [[nodiscard]] const SharedPass& pass() const { return pass_; }
  [[nodiscard]] bool stays_open() const { return stays_open_; }
  void write(std::string_view text, bool droppable) override;
  void finish() override;
  [[nodiscard]] bool streaming() const override { return streaming_; }
  [[nodiscard]] bool open() const override { return !ended_; }
  void on_gone(std::function<void()> hook) override { on_gone_ = std::move(hook); }

  /// The connection is done with this answer: what is sent from now on is dropped.
  void detach();
  /// The peer has left; runs the on_gone hook.
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
  HttpResponse& whole() { return whole_; }
  /// Nothing was sent for a while: begins the stream if allowed, and sends a keep-alive.
  void quiet();

 private:
  void wake() {
    if (wake_) wake_();
  }

  std::function<void()> wake_, on_gone_;
  bool chunked_;
  bool ended_ = false, streaming_ = false, may_stream_ = false, stays_open_ = false;
  std::string headers_, preamble_, outbox_;
  SharedPass pass_;
  HttpResponse whole_;
};

}  // namespace exai::serve::net
