// WebSocket frames as a server reads and writes them (RFC 6455 section 5), from bytes in any pieces. Pure.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace exai::serve::net {

/// Close codes of RFC 6455 section 7.4.1 that we send ourselves.
inline constexpr std::uint16_t k_close_normal = 1000, k_close_protocol = 1002, k_close_not_text = 1007,
                               k_close_policy = 1008, k_close_too_big = 1009;

/// True for a code that may stand in a close frame: 1000 to 1003, 1007 to 1014, and the ranges of libraries
/// (3000) and applications (4000).
bool is_close_code(std::uint16_t code);

class FrameReader {
 public:
  enum class Event : std::uint8_t { none, text, binary, ping, pong, close, broken };

  void set_max(std::size_t message_bytes) { max_ = message_bytes; }
  /// Takes bytes until something has come whole; gives how many. After `close` and `broken` nothing is taken.
  std::size_t take(std::string_view bytes);
  /// What the last take() ended with.
  [[nodiscard]] Event event() const { return event_; }
  /// The message (text, binary) or the control frame's payload; valid until the next take().
  [[nodiscard]] std::string_view payload() const;
  /// close: the peer's code, 0 = none. broken: the code to close with.
  [[nodiscard]] std::uint16_t code() const { return code_; }
  [[nodiscard]] const char* why() const { return why_; }
  /// True within a message, from its first byte on.
  [[nodiscard]] bool within() const { return head_size_ > 0 || in_payload_ || fragmented_; }
  /// Bytes that the current frame still needs, as far as is known.
  [[nodiscard]] std::uint64_t expected() const { return in_payload_ ? left_ : 2; }

 private:
  void break_off(std::uint16_t code, const char* why);
  [[nodiscard]] std::size_t wanted_head() const;
  void begin_frame();
  bool judge_frame(unsigned opcode, bool final);
  std::size_t take_payload(std::string_view bytes);
  void end_frame();
  void end_control(unsigned opcode);

  static constexpr std::size_t k_control_bytes = 125;
  std::array<unsigned char, 14> head_{};
  std::size_t head_size_ = 0;
  bool in_payload_ = false, fragmented_ = false, fragmented_text_ = false, over_ = false;
  std::uint64_t left_ = 0, at_ = 0;  // of the frame's payload
  std::size_t max_ = std::size_t{32} << 20U;
  Event event_ = Event::none;
  std::uint16_t code_ = 0;
  const char* why_ = "";
  std::string message_, control_;
};

enum class Opcode : std::uint8_t { text = 1, close = 8, ping = 9, pong = 10 };
/// The head of a whole frame from server to client.
void append_frame_head(std::string& out, Opcode opcode, std::size_t size);
/// A whole frame.
void append_frame(std::string& out, Opcode opcode, std::string_view payload);
/// A close frame; code 0 = an empty one. The reason is cut to what fits, at a character.
void append_close(std::string& out, std::uint16_t code, std::string_view reason);

}  // namespace exai::serve::net
