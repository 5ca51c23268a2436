#include "core/sse.hpp"

#include <algorithm>
#include <charconv>

namespace exai {

// Lines end with LF, CRLF or CR; a CRLF may be cut between two reads, so a LF right after a CR is dropped.
Result<void> SseParser::feed(std::string_view bytes, const std::function<void(const SseEvent&)>& on_event) {
  while (!bytes.empty()) {
    if (skip_newline_ && bytes.front() == '\n') bytes.remove_prefix(1);
    skip_newline_ = false;
    const std::size_t end = bytes.find_first_of("\r\n");
    const std::string_view piece = bytes.substr(0, end);
    if (line_.size() + current_.data.size() + piece.size() > max_bytes_)
      return fail(ErrorKind::invalid,
                  "a server-sent event is larger than " + std::to_string(max_bytes_) + " bytes");
    line_.append(piece);
    if (end == std::string_view::npos) break;
    skip_newline_ = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    take_line(on_event);
  }
  return {};
}

void SseParser::take_line(const std::function<void(const SseEvent&)>& on_event) {
  if (!started_ && line_.starts_with("\xEF\xBB\xBF")) line_.erase(0, 3);
  started_ = true;
  if (line_.empty()) {
    if (has_data_) {
      if (current_.event.empty()) current_.event = "message";
      on_event(current_);
    }
    has_data_ = false;
    current_.data.clear();
    current_.event = "message";  // the id stays: it is the last event id until another one comes
    return;
  }
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (has_data_) current_.data += '\n';
    current_.data += value;
    has_data_ = true;
  } else if (field == "event") {
    current_.event = value;
  } else if (field == "id" && value.find('\0') == std::string_view::npos) {
    current_.id = value;
  } else if (field == "retry") {
    long long wait = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), wait);
    if (problem == std::errc{} && end == value.data() + value.size() && wait >= 0)
      retry_ = std::chrono::milliseconds(std::min(wait, 3'600'000LL));
  }
  line_.clear();
}

std::string sse_event(std::string_view data, std::string_view id) {
  std::string text = "event: message\n";
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  text.append("data: ").append(data).append("\n\n");
  return text;
}

}  // namespace exai
