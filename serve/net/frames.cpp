#include "serve/net/frames.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <cstring>

namespace exai::serve::net {
namespace {

constexpr unsigned k_final = 0x80, k_reserved = 0x70, k_opcode = 0x0f, k_masked = 0x80, k_size = 0x7f;
constexpr unsigned k_continuation = 0, k_text = 1, k_binary = 2, k_close = 8, k_ping = 9, k_pong = 10;
// A message that was much larger than most gives its memory back.
constexpr std::size_t k_frames_kept_bytes = std::size_t{64} << 10U;
constexpr std::size_t k_reason_bytes = 123;

bool is_control(unsigned opcode) {
  return opcode >= k_close;
}

/// XOR with the four bytes of the mask, whose first one belongs to position `at` modulo 4.
void unmask(char* bytes, std::size_t size, const unsigned char* mask, std::uint64_t at) {
  std::array<unsigned char, 8> turned{};
  for (std::size_t i = 0; i < turned.size(); ++i) turned[i] = mask[(at + i) % 4];
  std::uint64_t wide = 0;
  std::memcpy(&wide, turned.data(), sizeof wide);
  std::size_t i = 0;
  for (std::uint64_t word = 0; i + sizeof word <= size; i += sizeof word) {
    std::memcpy(&word, bytes + i, sizeof word);
    word ^= wide;
    std::memcpy(bytes + i, &word, sizeof word);
  }
  for (; i < size; ++i) bytes[i] = static_cast<char>(static_cast<unsigned char>(bytes[i]) ^ turned[i % 8]);
}

}  // namespace

bool is_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::string_view FrameReader::payload() const {
  return event_ == Event::text || event_ == Event::binary ? std::string_view(message_)
                                                          : std::string_view(control_);
}

void FrameReader::break_off(std::uint16_t code, const char* why) {
  event_ = Event::broken;
  code_ = code;
  why_ = why;
  over_ = true;
}

std::size_t FrameReader::wanted_head() const {
  if (head_size_ < 2) return 2;
  const unsigned size = head_[1] & k_size;
  const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  return 2 + more + ((head_[1] & k_masked) != 0 ? 4 : 0);
}

std::size_t FrameReader::take(std::string_view bytes) {
  if (event_ == Event::text || event_ == Event::binary) {
    if (message_.capacity() > k_frames_kept_bytes) message_ = std::string();
    message_.clear();
  }
  event_ = Event::none;
  std::size_t taken = 0;
  while (event_ == Event::none && !over_) {
    if (in_payload_) {
      taken += take_payload(bytes.substr(taken));
      if (in_payload_) return taken;
      continue;
    }
    while (head_size_ < wanted_head() && taken < bytes.size())
      head_.at(head_size_++) = static_cast<unsigned char>(bytes[taken++]);
    if (head_size_ < 2 || head_size_ < wanted_head()) return taken;
    begin_frame();
  }
  return taken;
}

void FrameReader::begin_frame() {
  const unsigned opcode = head_[0] & k_opcode;
  std::uint64_t size = head_[1] & k_size;
  const std::size_t wide = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (wide > 0) size = 0;
  for (std::size_t i = 0; i < wide; ++i) size = size << 8U | head_.at(2 + i);
  left_ = size;
  at_ = 0;
  if (!judge_frame(opcode, (head_[0] & k_final) != 0)) return;
  if ((wide == 2 && size < 126) || (wide == 8 && (size <= 0xffff || size >> 63U != 0)))
    return break_off(k_close_protocol, "the length of a frame is not written in the shortest way");
  if (is_control(opcode)) {
    control_.clear();
  } else if (size > max_ || message_.size() > max_ - size) {
    return break_off(k_close_too_big, "the message is larger than limits.frame allows");
  }
  in_payload_ = true;
  // A frame without payload is whole already.
  if (left_ == 0) end_frame();
}

bool FrameReader::judge_frame(unsigned opcode, bool final) {
  const auto wrong = [this](const char* why) { return break_off(k_close_protocol, why), false; };
  if ((head_[0] & k_reserved) != 0) return wrong("a reserved bit is set");
  if ((head_[1] & k_masked) == 0) return wrong("a frame from a client must be masked");
  if (is_control(opcode)) {
    if (opcode > k_pong) return wrong("an unknown kind of frame");
    if (!final) return wrong("a control frame must not be fragmented");
    if (left_ > k_control_bytes) return wrong("a control frame is longer than 125 bytes");
    return true;
  }
  if (opcode > k_binary) return wrong("an unknown kind of frame");
  if (opcode == k_continuation && !fragmented_) return wrong("a continuation of nothing");
  if (opcode != k_continuation && fragmented_) return wrong("a message begins within another one");
  if (opcode != k_continuation) fragmented_text_ = opcode == k_text;
  return true;
}

std::size_t FrameReader::take_payload(std::string_view bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  if (count == 0) return 0;
  std::string& to = is_control(head_[0] & k_opcode) ? control_ : message_;
  const std::size_t before = to.size();
  to.append(bytes.substr(0, count));
  unmask(to.data() + before, count, head_.data() + wanted_head() - 4, at_);
  left_ -= count;
  at_ += count;
  if (left_ == 0) end_frame();
  return count;
}

void FrameReader::end_frame() {
  const unsigned opcode = head_[0] & k_opcode;
  const bool final = (head_[0] & k_final) != 0;
  in_payload_ = false;
  head_size_ = 0;
  if (is_control(opcode)) return end_control(opcode);
  fragmented_ = !final;
  if (!final) return;
  // At the end and of the whole: a character may be cut by the border of two fragments, and the last one may
  // be empty.
  if (fragmented_text_ && !is_utf8(message_))
    return break_off(k_close_not_text, "a text message is not UTF-8");
  event_ = fragmented_text_ ? Event::text : Event::binary;
}

void FrameReader::end_control(unsigned opcode) {
  if (opcode != k_close) {
    event_ = opcode == k_ping ? Event::ping : Event::pong;
    return;
  }
  code_ = 0;
  if (control_.size() == 1) return break_off(k_close_protocol, "a close frame holds half a code");
  if (control_.size() >= 2) {
    code_ = static_cast<std::uint16_t>(static_cast<unsigned char>(control_[0]) << 8U |
                                       static_cast<unsigned char>(control_[1]));
    if (!is_close_code(code_)) return break_off(k_close_protocol, "a close frame holds a code that is none");
    if (!is_utf8(std::string_view(control_).substr(2)))
      return break_off(k_close_not_text, "the reason of a close frame is not UTF-8");
  }
  event_ = Event::close;
  over_ = true;
}

void append_frame_head(std::string& out, Opcode opcode, std::size_t size) {
  out += static_cast<char>(k_final | static_cast<unsigned>(opcode));
  const int bytes = size < 126 ? 0 : size <= 0xffff ? 2 : 8;
  out += static_cast<char>(bytes == 0 ? size : bytes == 2 ? 126 : 127);
  for (int i = bytes - 1; i >= 0; --i)
    out += static_cast<char>(static_cast<std::uint64_t>(size) >> static_cast<unsigned>(8 * i) & 0xffU);
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  append_frame_head(out, opcode, payload.size());
  out += payload;
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason) {
  if (code == 0) return append_frame(out, Opcode::close, {});
  std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xffU)};
  payload += beginning_of(reason, k_reason_bytes);
  append_frame(out, Opcode::close, payload);
}

}  // namespace exai::serve::net
