// The body of an HTTP/1.1 request from bytes in any pieces: of a given length, or chunked (RFC 9112 section
// 7.1). Pure.
#pragma once

#include "serve/net/head.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace exai::serve::net {

class BodyReader {
 public:
  enum class State : std::uint8_t { more, done, refused };

  /// A body as the head says, of `max` bytes at most.
  void begin(const Framing& framing, std::uint64_t max);
  /// Takes bytes up to the end of the body; gives how many.
  std::size_t take(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] HttpResponse& refusal() { return refusal_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  /// Bytes that are still to come for certain.
  [[nodiscard]] std::uint64_t expected() const { return left_; }

 private:
  enum class Part : std::uint8_t { whole, size, data, after_data, trailer };
  void refuse(int status, std::string_view why);
  std::size_t take_data(std::string_view bytes);
  std::size_t take_line(std::string_view bytes);
  void judge_line(std::string_view line);
  void judge_size(std::string_view line);

  State state_ = State::done;
  Part part_ = Part::whole;
  std::uint64_t left_ = 0, max_ = 0;
  std::size_t overhead_ = 0;  // bytes of chunk extensions and trailers so far
  std::string text_, line_;
  HttpResponse refusal_;
};

}  // namespace exai::serve::net
