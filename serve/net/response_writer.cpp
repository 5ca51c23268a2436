#include "serve/net/response_writer.hpp"

#include "serve/net/http_text.hpp"

namespace exai::serve::net {
namespace {
// What a slow reader may leave unread before progress is dropped; the answer itself never is.
constexpr std::size_t k_outbox_bytes = std::size_t{1} << 20U;
}  // namespace

void PendingResponse::answer(HttpResponse answer) {
  if (ended_ || streaming_) return;
  whole_ = std::move(answer);
  ended_ = true;
  wake();
}

void PendingResponse::may_stream(std::string preamble) {
  may_stream_ = true;
  preamble_ = std::move(preamble);
}

void PendingResponse::begin_stream() {
  may_stream_ = true;
  if (ended_ || streaming_) return;
  streaming_ = true;
  write_stream_head(outbox_, headers_, chunked_);
  if (!preamble_.empty()) append_chunk(outbox_, preamble_, chunked_);
  wake();
}

void PendingResponse::write(std::string_view text, bool droppable) {
  if (ended_ || !may_stream_ || text.empty() || (droppable && outbox_.size() > k_outbox_bytes)) return;
  begin_stream();
  append_chunk(outbox_, text, chunked_);
  wake();
}

void PendingResponse::finish() {
  if (ended_) return;
  if (!streaming_) {
    HttpResponse nothing;
    nothing.status = 202;
    return answer(std::move(nothing));
  }
  if (chunked_) outbox_ += "0\r\n\r\n";
  ended_ = true;
  wake();
}

void PendingResponse::detach() {
  wake_ = nullptr;
  on_gone_ = nullptr;
  ended_ = true;
}

void PendingResponse::gone() {
  if (ended_) return;
  const std::function<void()> hook = std::exchange(on_gone_, nullptr);
  if (hook) hook();
}

void PendingResponse::quiet() {
  if (ended_ || !may_stream_ || !outbox_.empty()) return;
  begin_stream();
  append_chunk(outbox_, ": keep-alive\n\n", chunked_);
}

}  // namespace exai::serve::net
