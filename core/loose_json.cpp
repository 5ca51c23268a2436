#include "core/loose_json.hpp"

#include <vector>

namespace exai {
namespace {

/// Walks over JSON text and remembers the last place where it could have ended.
class Closer {
 public:
  explicit Closer(std::string_view text) : text_(text) {}

  std::string close() {
    for (at_ = 0; at_ < text_.size(); ++at_) {
      if (quoted_ ? !in_string(text_[at_]) : !outside(text_[at_])) return {};
      if (done_) return std::string(text_.substr(0, at_ + 1));
    }
    if (frames_.empty()) return {};
    std::string closed;
    if (quoted_ && !is_key_)
      closed = std::string(whole_characters(text_)) + '"';
    else
      closed = std::string(text_.substr(0, safe_));
    for (auto frame = frames_.rbegin(); frame != frames_.rend(); ++frame) closed += frame->closer;
    return closed;
  }

 private:
  enum class Wants : std::uint8_t { key, colon, value, comma };
  struct Frame {
    char closer = '}';
    Wants wants = Wants::key;
  };

  bool in_string(char c) {
    if (escaped_ > 0) {
      escaped_ = c == 'u' && escaped_ == 1 ? 5 : escaped_ - 1;  // \uXXXX has four more to come
      if (escaped_ == 0) escape_ = std::string_view::npos;
      return true;
    }
    if (c == '\\') {
      escaped_ = 1;
      escape_ = at_;
    } else if (c == '"') {
      quoted_ = false;
      if (is_key_)
        frames_.back().wants = Wants::colon;
      else
        value_ended();
    }
    return true;
  }

  bool outside(char c) {
    if (c == '{' || c == '[') return open(c);
    if (frames_.empty()) return false;
    Frame& top = frames_.back();
    if (c == '"') {
      is_key_ = top.closer == '}' && top.wants == Wants::key;
      if (!is_key_ && top.wants != Wants::value) return false;
      return quoted_ = true;
    }
    if (c == top.closer) return shut();
    if (c == ':') return top.wants == Wants::colon && (top.wants = Wants::value, true);
    if (c == ',') {
      // A number or word has ended here.
      if (top.wants == Wants::value) top.wants = Wants::comma;
      if (top.wants != Wants::comma) return false;
      safe_ = at_;
      top.wants = top.closer == '}' ? Wants::key : Wants::value;
    }
    return c != '}' && c != ']';
  }

  bool open(char c) {
    if (!frames_.empty() && frames_.back().wants != Wants::value) return false;
    if (frames_.empty() && c != '{') return false;
    frames_.push_back(c == '{' ? Frame{'}', Wants::key} : Frame{']', Wants::value});
    safe_ = at_ + 1;
    return true;
  }

  bool shut() {
    frames_.pop_back();
    if (frames_.empty())
      done_ = true;
    else
      value_ended();
    return true;
  }

  void value_ended() {
    frames_.back().wants = Wants::comma;
    safe_ = at_ + 1;
  }

  /// Without a begun escape and without the first bytes of a character.
  [[nodiscard]] std::string_view whole_characters(std::string_view text) const {
    if (escape_ != std::string_view::npos) return text.substr(0, escape_);
    std::size_t end = text.size(), back = 0;
    while (back < 4 && back < end && (static_cast<unsigned char>(text[end - 1 - back]) & 0xC0U) == 0x80U)
      ++back;
    if (back >= end) return text;
    const auto lead = static_cast<unsigned char>(text[end - 1 - back]);
    const std::size_t needs = lead >= 0xF0U ? 3 : lead >= 0xE0U ? 2 : lead >= 0xC0U ? 1 : 0;
    return needs > back ? text.substr(0, end - 1 - back) : text;
  }

  std::string_view text_;
  std::size_t at_ = 0, safe_ = 0, escape_ = std::string_view::npos;
  int escaped_ = 0;
  bool quoted_ = false, is_key_ = false, done_ = false;
  std::vector<Frame> frames_;
};

}  // namespace

std::string_view to_string(LooseForm form) {
  switch (form) {
    case LooseForm::direct:
      return "direct";
    case LooseForm::fenced:
      return "fenced";
    case LooseForm::braces:
      return "braces";
    case LooseForm::repaired:
      return "repaired";
    case LooseForm::none:
      return "none";
  }
  return "none";
}

std::string_view fenced_block(std::string_view text) {
  const auto begin = text.find("```");
  if (begin == std::string_view::npos) return {};
  const auto line = text.find('\n', begin);
  if (line == std::string_view::npos) return {};
  const auto end = text.find("\n```", line);
  return text.substr(line + 1, end == std::string_view::npos ? end : end - line - 1);
}

std::string close_json(std::string_view text) {
  return Closer(text).close();
}

}  // namespace exai
