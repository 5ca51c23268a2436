// The body of a chat answer as it comes, whatever the pieces: one JSON document or server-sent events.
#pragma once

#include "core/result.hpp"
#include "core/sse.hpp"
#include "models/providers/completion.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace exai::models {

/// What the body is follows from the content type. An unspecific type (none, text/plain, bytes) leaves
/// it to the first character that is not blank. It is never guessed from where a piece begins.
class AnswerReader {
 public:
  using OnDelta = std::function<void(std::string_view)>;
  /// New text goes to `on_delta`, which may be empty; an answer that is not a stream comes in one piece.
  explicit AnswerReader(OnDelta on_delta, std::size_t max = std::size_t{16} << 20U)
      : on_delta_(std::move(on_delta)), max_(max), events_(max) {}

  /// Before the first feed().
  void head(std::string_view content_type);
  /// False when no more is needed: the answer is complete, broken or too large.
  bool feed(std::string_view bytes);
  /// All bytes are here. Errors as read_completion; `provider` for a stream that ended early, too.
  Result<Completion> end();

  [[nodiscard]] bool too_large() const { return received_ > max_; }
  /// The body was neither JSON nor events; the text says what it was instead.
  [[nodiscard]] const std::string& wrong_type() const { return wrong_type_; }
  /// The answer is whole, though the stream may not have ended as it should.
  [[nodiscard]] bool finished() const { return kind_ == Kind::events && !answer_.finish_reason.empty(); }
  /// The answer came whole, and there is nothing in it: asked again, the model would be paid again for that.
  [[nodiscard]] bool empty() const { return empty_; }
  /// An error that ends the answer, whatever the transport says.
  [[nodiscard]] bool broken() const { return broken_.has_value(); }

 private:
  enum class Kind : std::uint8_t { undecided, json, events, other };

  void decide();
  void take(const SseEvent& event);
  Result<void> end_of_events();

  OnDelta on_delta_;
  std::size_t max_, received_ = 0;
  Kind kind_ = Kind::undecided;
  std::string type_, raw_, remark_, wrong_type_;
  SseParser events_;
  Completion answer_;
  std::optional<Error> broken_;
  bool done_ = false, any_event_ = false, empty_ = false;
};

}  // namespace exai::models
