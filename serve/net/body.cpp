#include "serve/net/body.hpp"

#include <algorithm>
#include <charconv>

namespace exai::serve::net {
namespace {

// Extensions and trailers mean nothing to us; a sender must not keep us reading them.
constexpr std::size_t k_body_line_bytes = 4096, k_overhead_bytes = std::size_t{16} << 10U;
constexpr std::size_t k_reserved_bytes = std::size_t{1} << 20U, k_kept_bytes = std::size_t{64} << 10U;
constexpr std::string_view k_too_large = "the body is larger than limits.body allows";

bool is_text(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

}  // namespace

void BodyReader::begin(const Framing& framing, std::uint64_t max) {
  if (text_.capacity() > k_kept_bytes) text_ = std::string();
  text_.clear();
  line_.clear();
  max_ = max;
  overhead_ = 0;
  left_ = framing.chunked ? 0 : framing.length;
  part_ = framing.chunked ? Part::size : Part::whole;
  state_ = framing.has_body() ? State::more : State::done;
  if (left_ > max_) return refuse(413, k_too_large);
  text_.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(left_, k_reserved_bytes)));
}

void BodyReader::refuse(int status, std::string_view why) {
  state_ = State::refused;
  left_ = 0;
  refusal_ = plain_error(status, why);
}

std::size_t BodyReader::take(std::string_view bytes) {
  std::size_t taken = 0;
  while (state_ == State::more && taken < bytes.size()) {
    const std::string_view rest = bytes.substr(taken);
    taken += part_ == Part::whole || part_ == Part::data ? take_data(rest) : take_line(rest);
  }
  return taken;
}

std::size_t BodyReader::take_data(std::string_view bytes) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  text_ += bytes.substr(0, count);
  left_ -= count;
  if (left_ == 0 && part_ == Part::whole) state_ = State::done;
  if (left_ == 0 && part_ == Part::data) part_ = Part::after_data;
  return count;
}

std::size_t BodyReader::take_line(std::string_view bytes) {
  const std::size_t end = bytes.find('\n');
  const std::string_view piece = end == std::string_view::npos ? bytes : bytes.substr(0, end + 1);
  line_ += piece;
  if (line_.size() > k_body_line_bytes) {
    refuse(400, "malformed body: a line of the chunked coding is longer than 4 KiB");
    return piece.size();
  }
  if (end == std::string_view::npos) return piece.size();
  std::string_view line = line_;
  line.remove_suffix(1);
  if (line.empty() || line.back() != '\r') {
    refuse(400, "malformed body: a line must end with CR LF");
    return piece.size();
  }
  line.remove_suffix(1);
  judge_line(line);
  line_.clear();
  return piece.size();
}

void BodyReader::judge_line(std::string_view line) {
  if (!is_text(line)) return refuse(400, "malformed body: control characters between chunks");
  switch (part_) {
    case Part::size:
      return judge_size(line);
    case Part::after_data:
      if (!line.empty()) return refuse(400, "malformed body: a chunk is longer than it says");
      part_ = Part::size;
      return;
    default:
      if (line.empty()) {
        state_ = State::done;
        return;
      }
      overhead_ += line.size();
      if (overhead_ > k_overhead_bytes)
        return refuse(431, "chunk extensions and trailers are larger than 16 KiB");
      if (line.find(':') == std::string_view::npos || line.front() == ' ' || line.front() == '\t')
        refuse(400, "malformed body: a trailer must be a header line");
  }
}

void BodyReader::judge_size(std::string_view line) {
  const std::string_view digits = line.substr(0, line.find_first_not_of("0123456789abcdefABCDEF"));
  std::string_view extension = line.substr(digits.size());
  while (!extension.empty() && (extension.front() == ' ' || extension.front() == '\t'))
    extension.remove_prefix(1);
  const bool bare = digits.size() == line.size();
  if (digits.empty() || (!bare && (extension.empty() || extension.front() != ';')))
    return refuse(400, "malformed body: a chunk begins with its size in hexadecimal digits");
  overhead_ += line.size() - digits.size();
  if (overhead_ > k_overhead_bytes)
    return refuse(431, "chunk extensions and trailers are larger than 16 KiB");
  std::uint64_t size = 0;
  if (std::from_chars(digits.data(), digits.data() + digits.size(), size, 16).ec != std::errc() ||
      size > max_ - text_.size())
    return refuse(413, k_too_large);
  left_ = size;
  part_ = size == 0 ? Part::trailer : Part::data;
}

}  // namespace exai::serve::net
