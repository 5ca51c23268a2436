// The head of an HTTP/1.1 request from bytes in any pieces (RFC 9110, 9112), the same for every listener.
// Pure.
//
// Whatever could be read two ways is refused, never resolved: where one reader sees the end of a request and
// another one does not, the rest of it runs as somebody else's request.
#pragma once

#include "serve/net/exchange.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::net {

inline constexpr std::size_t k_head_bytes = std::size_t{32} << 10U;
inline constexpr std::size_t k_target_bytes = std::size_t{8} << 10U;
inline constexpr std::size_t k_head_fields = 100;

/// What the head says about the message around it.
struct Framing {
  bool chunked = false;
  std::uint64_t length = 0;  ///< of the body, unless it is chunked
  bool keep_alive = true;
  bool expects_continue = false;
  bool http10 = false;
  [[nodiscard]] bool has_body() const { return chunked || length > 0; }
};

class HeadReader {
 public:
  enum class State : std::uint8_t { more, done, refused };

  /// Takes bytes up to the end of the head; gives how many. What it says does not depend on how the bytes are
  /// cut.
  std::size_t take(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  /// True from the first byte on.
  [[nodiscard]] bool begun() const { return !text_.empty(); }
  /// `refused`: the answer, after which the connection ends.
  [[nodiscard]] HttpResponse& refusal() { return refusal_; }
  /// `done`: valid until reset(). The path has no slash at its end ("/mcp/" is "/mcp"), and of an absolute
  /// target the authority stands as Host (RFC 9112 section 3.2.2). Body and peer are left to the caller.
  [[nodiscard]] HttpRequest& request() { return request_; }
  [[nodiscard]] const HttpRequest& request() const { return request_; }
  [[nodiscard]] const Framing& framing() const { return framing_; }
  /// Ready for the next request.
  void reset();

 private:
  struct Part {
    std::uint32_t at = 0, size = 0;
  };
  [[nodiscard]] std::string_view view(Part part) const {
    return std::string_view(text_).substr(part.at, part.size);
  }
  [[nodiscard]] Part part_of(std::string_view piece) const;
  void refuse(int status, std::string_view why);
  [[nodiscard]] bool too_long();
  void take_line(std::string_view line);
  void take_request_line(std::string_view line);
  void take_field(std::string_view line);
  void finish();
  bool judge_target(std::string_view* authority);
  bool judge_length();
  void judge_connection();

  State state_ = State::more;
  std::string text_;            // the head as it came
  std::size_t line_start_ = 0;  // of the line that is not whole yet
  Part method_, target_;        // empty until the request line is there
  std::vector<std::pair<Part, Part>> fields_;
  Framing framing_;
  HttpRequest request_;
  HttpResponse refusal_;
};

/// True if the list of tokens (RFC 9110 section 5.6.1) in all headers of that name has this one, in any case.
bool lists_token(const HttpRequest& request, std::string_view header, std::string_view token);

}  // namespace exai::serve::net
