#include "suite/derive/pattern.hpp"

#include <algorithm>
#include <array>

namespace exai::suite {
namespace {

constexpr std::size_t k_pattern_bytes = 4096;
constexpr int k_pattern_depth = 40;
constexpr unsigned k_pattern_repeats = 1000;
constexpr char32_t k_no_code_point = 0x110000;

using Ranges = std::vector<std::pair<char32_t, char32_t>>;

const Ranges k_digits{{U'0', U'9'}};
const Ranges k_word{{U'a', U'z'}, {U'A', U'Z'}, {U'0', U'9'}, {U'_', U'_'}};
const Ranges k_space{{U' ', U' '},           {U'\t', U'\r'},         {U'\u00A0', U'\u00A0'},
                     {U'\u2028', U'\u2029'}, {U'\u2000', U'\u200A'}, {U'\uFEFF', U'\uFEFF'}};

PatternPart one_of(Ranges ranges, bool negated = false) {
  PatternPart part;
  part.kind = PatternPart::Kind::characters;
  part.ranges = std::move(ranges);
  part.negated = negated;
  return part;
}

PatternPart plain(PatternPart::Kind kind) {
  PatternPart part;
  part.kind = kind;
  return part;
}

/// What is left of a negated class inside of a class.
Ranges complement(Ranges ranges) {
  std::sort(ranges.begin(), ranges.end());
  Ranges rest;
  char32_t next = 0;
  for (const auto& [low, high] : ranges) {
    if (low > next) rest.emplace_back(next, low - 1);
    next = std::max<char32_t>(next, high + 1);
  }
  rest.emplace_back(next, U'\U0010FFFF');
  return rest;
}

class PatternReader {
 public:
  explicit PatternReader(std::u32string text) : text_(std::move(text)) {}

  std::optional<PatternPart> whole() {
    PatternPart part = choice(0);
    if (failed_ || at_ != text_.size()) return std::nullopt;
    return part;
  }

 private:
  [[nodiscard]] bool more() const { return !failed_ && at_ < text_.size(); }
  [[nodiscard]] char32_t peek() const { return at_ < text_.size() ? text_[at_] : U'\0'; }
  bool take(char32_t wanted) {
    if (!more() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }
  PatternPart give_up() {
    failed_ = true;
    return {};
  }

  PatternPart choice(int depth) {
    if (depth > k_pattern_depth) return give_up();
    PatternPart all = plain(PatternPart::Kind::choice);
    do all.parts.push_back(sequence(depth));
    while (take(U'|'));
    return all.parts.size() == 1 ? std::move(all.parts.front()) : all;
  }

  PatternPart sequence(int depth) {
    PatternPart all;
    while (more() && peek() != U'|' && peek() != U')') all.parts.push_back(repeated(depth));
    return all;
  }

  PatternPart repeated(int depth) {
    PatternPart inner = atom(depth);
    unsigned min = 1, max = 1;
    if (take(U'*')) {
      min = 0;
      max = PatternPart::k_unbounded;
    } else if (take(U'+')) {
      max = PatternPart::k_unbounded;
    } else if (take(U'?')) {
      min = 0;
    } else if (!counts(min, max)) {
      return inner;
    }
    take(U'?');  // how greedy it is makes no difference to what matches
    if (min > max) return give_up();
    PatternPart part = plain(PatternPart::Kind::repeat);
    part.min = min;
    part.max = max;
    part.parts.push_back(std::move(inner));
    return part;
  }

  /// {2}, {2,} and {2,5}; a brace that opens none of these is a literal.
  bool counts(unsigned& min, unsigned& max) {
    const std::size_t begin = at_;
    if (!take(U'{')) return false;
    const std::optional<unsigned> low = number();
    if (low) {
      min = max = *low;
      if (take(U',')) max = peek() == U'}' ? PatternPart::k_unbounded : number().value_or(0);
      if (take(U'}')) return true;
    }
    at_ = begin;
    return false;
  }

  std::optional<unsigned> number() {
    unsigned value = 0;
    const std::size_t begin = at_;
    while (more() && peek() >= U'0' && peek() <= U'9') {
      value = value * 10 + static_cast<unsigned>(text_[at_++] - U'0');
      if (value > k_pattern_repeats) {
        failed_ = true;
        return std::nullopt;
      }
    }
    return at_ == begin ? std::nullopt : std::optional(value);
  }

  PatternPart atom(int depth) {
    if (take(U'(')) return group(depth);
    if (take(U'[')) return character_class();
    if (take(U'\\')) return escape();
    if (take(U'^')) return plain(PatternPart::Kind::start);
    if (take(U'$')) return plain(PatternPart::Kind::end);
    if (take(U'.')) return one_of({{U'\n', U'\n'}, {U'\r', U'\r'}, {U'\u2028', U'\u2029'}}, true);
    const char32_t code = peek();
    if (code == U'*' || code == U'+' || code == U'?') return give_up();
    ++at_;
    return one_of({{code, code}});
  }

  PatternPart group(int depth) {
    if (take(U'?')) {
      if (take(U'<') && peek() != U'=' && peek() != U'!') {
        while (more() && peek() != U'>') ++at_;
        take(U'>');
      } else if (!take(U':')) {
        return give_up();  // looks around
      }
    }
    PatternPart inner = choice(depth + 1);
    if (!take(U')')) return give_up();
    return inner;
  }

  PatternPart escape() {
    if (peek() == U'b') {
      ++at_;
      return plain(PatternPart::Kind::boundary);
    }
    if (peek() == U'B' || (peek() >= U'1' && peek() <= U'9') || peek() == U'k') return give_up();
    Ranges ranges;
    escaped(ranges);
    return one_of(std::move(ranges));
  }

  /// What stands behind a backslash, inside and outside of a class.
  void escaped(Ranges& ranges) {
    if (!more()) {
      failed_ = true;
      return;
    }
    const char32_t code = text_[at_++];
    const auto add = [&](const Ranges& more_ranges) {
      ranges.insert(ranges.end(), more_ranges.begin(), more_ranges.end());
    };
    switch (code) {
      case U'd':
        return add(k_digits);
      case U'D':
        return add(complement(k_digits));
      case U'w':
        return add(k_word);
      case U'W':
        return add(complement(k_word));
      case U's':
        return add(k_space);
      case U'S':
        return add(complement(k_space));
      case U'p':
      case U'P':
      case U'c':
        failed_ = true;
        return;
      default:
        const char32_t meant = single(code);
        ranges.emplace_back(meant, meant);
    }
  }

  char32_t single(char32_t code) {
    static const std::u32string names = U"ntrfv0b", values(U"\n\t\r\f\v\0\b", 7);
    if (const auto found = names.find(code); found != std::u32string::npos) return values[found];
    if (code == U'x') return hex(2);
    if (code != U'u') return code;
    if (!take(U'{')) return hex(4);
    std::size_t digits = 0;
    while (at_ + digits < text_.size() && text_[at_ + digits] != U'}') ++digits;
    const char32_t value = digits > 6 ? k_no_code_point : hex(digits);
    if (!take(U'}') || value >= k_no_code_point) failed_ = true;
    return value;
  }

  char32_t hex(std::size_t digits) {
    char32_t value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      const char32_t code = peek();
      const bool decimal = code >= U'0' && code <= U'9';
      const char32_t lower = code | 0x20U;
      if (!decimal && (lower < U'a' || lower > U'f')) {
        failed_ = true;
        return 0;
      }
      value = value * 16 + (decimal ? code - U'0' : lower - U'a' + 10);
      ++at_;
    }
    return value;
  }

  PatternPart character_class() {
    const bool negated = take(U'^');
    Ranges ranges;
    while (more() && peek() != U']') member(ranges);
    if (!take(U']')) return give_up();
    return one_of(std::move(ranges), negated);
  }

  /// One character or set of a class, or a range of characters.
  void member(Ranges& ranges) {
    const std::size_t before = ranges.size();
    element(ranges);
    const bool range = peek() == U'-' && at_ + 1 < text_.size() && text_[at_ + 1] != U']';
    if (!range || ranges.size() != before + 1 || ranges.back().first != ranges.back().second) return;
    ++at_;
    Ranges high;
    element(high);
    if (high.size() != 1 || high.front().first != high.front().second ||
        high.front().first < ranges.back().first) {
      failed_ = true;
      return;
    }
    ranges.back().second = high.front().first;
  }

  void element(Ranges& ranges) {
    if (take(U'\\')) return escaped(ranges);
    const char32_t code = text_[at_++];
    ranges.emplace_back(code, code);
  }

  std::u32string text_;
  std::size_t at_ = 0;
  bool failed_ = false;
};

/// How many bytes a character takes whose first byte this is; 0 for none.
std::size_t utf8_size(unsigned char byte) {
  if (byte < 0x80) return 1;
  if (byte >> 5U == 6) return 2;
  if (byte >> 4U == 14) return 3;
  return byte >> 3U == 30 ? 4 : 0;
}

/// The first character and its bytes; U+FFFD and one byte for what is none.
std::pair<char32_t, std::size_t> first_code_point(std::string_view text) {
  constexpr std::array<char32_t, 5> k_first_bits{0, 0x7F, 0x1F, 0x0F, 0x07};
  const auto byte = static_cast<unsigned char>(text.front());
  const std::size_t size = utf8_size(byte);
  if (size == 0 || size > text.size()) return {U'\uFFFD', 1};
  char32_t code = byte & k_first_bits.at(size);
  for (const char more : text.substr(1, size - 1)) {
    const auto next = static_cast<unsigned char>(more);
    if (next >> 6U != 2) return {U'\uFFFD', 1};
    code = code << 6U | (next & 0x3FU);
  }
  return {code, size};
}

}  // namespace

std::u32string code_points(std::string_view text) {
  std::u32string codes;
  codes.reserve(text.size());
  while (!text.empty()) {
    const auto [code, size] = first_code_point(text);
    codes.push_back(code);
    text.remove_prefix(size);
  }
  return codes;
}

void append_utf8(std::string& text, char32_t code) {
  const auto byte = [&](char32_t value) { text.push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0U | code >> 6U);
  } else if (code < 0x10000) {
    byte(0xE0U | code >> 12U);
    byte(0x80U | (code >> 6U & 0x3FU));
  } else {
    byte(0xF0U | code >> 18U);
    byte(0x80U | (code >> 12U & 0x3FU));
    byte(0x80U | (code >> 6U & 0x3FU));
  }
  byte(0x80U | (code & 0x3FU));
}

std::optional<PatternPart> read_pattern(std::string_view text) {
  if (text.size() > k_pattern_bytes) return std::nullopt;
  return PatternReader(code_points(text)).whole();
}

}  // namespace exai::suite
