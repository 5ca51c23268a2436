// One answer over Streamable HTTP as it comes: JSON or events, by its head and never by the piece that just
// came.
#pragma once

#include "core/sse.hpp"
#include "mcp/client/transport.hpp"

#include <optional>

namespace exai::mcp::client {

/// What one answer, or the resumed rest of one, has brought so far.
class Answer {
 public:
  Answer(const Take& take, std::size_t limit) : take_(take), limit_(limit), parser_(limit) {}
  /// Before the first byte: the Content-Type of the answer.
  void begin(std::string_view content_type);
  /// The next bytes; false when no more are wanted.
  bool receive(std::string_view bytes);
  /// A message for whoever waits; true when it was the one.
  bool hand_over(std::string_view text);

  [[nodiscard]] bool done() const { return done_; }
  void set_done() { done_ = true; }
  [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }
  void break_off(Error error) { broken_ = std::move(error); }
  /// An answer that is not an event stream, as far as it came.
  [[nodiscard]] const std::string& raw() const { return raw_; }
  [[nodiscard]] std::optional<Millis> retry() const { return parser_.retry(); }
  /// The id of the last event; where a cut stream continues.
  std::string last_event;

 private:
  enum class Kind : std::uint8_t { undecided, whole, events };
  bool collect(std::string_view bytes);

  const Take& take_;
  std::size_t limit_;
  SseParser parser_;
  Kind kind_ = Kind::undecided;
  std::string raw_;
  bool done_ = false;
  std::optional<Error> broken_;
};

/// The reference that a redirect or an `endpoint` event gives, against the address it came from. Another
/// origin is `refused`: it would get our token.
Result<std::string> same_origin(const std::string& base, std::string_view reference);

/// One exchange that follows redirects within the origin, with method, body and headers as they were; to
/// another origin nothing is sent. Where the server moved for good, `moved` gets the new address.
Result<io::HttpResponse> exchange_same_origin(io::HttpRequest request, std::string* moved = nullptr);

}  // namespace exai::mcp::client
