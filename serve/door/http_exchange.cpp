#include "serve/door/http_exchange.hpp"

#include "core/sse.hpp"
#include "serve/door/http_text.hpp"

namespace exai::serve {
namespace {
// What a slow reader may leave unread before progress is dropped; the answer itself never is.
constexpr std::size_t k_outbox_bytes = std::size_t{1} << 20U;
}  // namespace

void PendingAnswer::answer(HttpAnswer answer) {
  if (ended_ || streaming_) return;
  whole_ = std::move(answer);
  ended_ = true;
  wake();
}

void PendingAnswer::may_stream(std::string headers) {
  may_stream_ = true;
  headers_ = std::move(headers);
}

void PendingAnswer::commit() {
  if (streaming_) return;
  streaming_ = true;
  write_stream_head(outbox_, headers_, chunked_);
}

void PendingAnswer::event(std::string data, bool droppable) {
  if (ended_ || !may_stream_ || (droppable && outbox_.size() > k_outbox_bytes)) return;
  commit();
  append_chunk(outbox_, sse_event(data), chunked_);
  wake();
}

void PendingAnswer::conclude(HttpAnswer last) {
  if (ended_) return;
  if (!streaming_) return answer(std::move(last));
  if (!last.body.empty()) append_chunk(outbox_, sse_event(last.body), chunked_);
  if (chunked_) outbox_ += "0\r\n\r\n";
  ended_ = true;
  wake();
}

void PendingAnswer::quiet() {
  if (ended_ || !may_stream_ || !outbox_.empty()) return;
  commit();
  append_chunk(outbox_, ": keep-alive\n\n", chunked_);
}

}  // namespace exai::serve
