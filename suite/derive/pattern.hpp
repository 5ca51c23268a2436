// The `pattern` of a schema that a stranger wrote: read, matched in linear time and given a text that fits.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::suite {

/// What a pattern is made of.
struct PatternPart {
  enum class Kind : std::uint8_t { characters, sequence, choice, repeat, start, end, boundary };
  static constexpr unsigned k_unbounded = ~0U;
  Kind kind = Kind::sequence;
  std::vector<std::pair<char32_t, char32_t>> ranges{};  ///< of characters, ends included
  bool negated = false;                                 ///< characters other than those
  std::vector<PatternPart> parts{};
  unsigned min = 0, max = 0;  ///< of repeat; k_unbounded: no end

  [[nodiscard]] bool takes(char32_t code) const;
};

/// The part of ECMA-262 that has a plain meaning: literals, classes, groups, alternatives, repetition,
/// anchors, word boundaries. Immutable.
class Pattern {
 public:
  /// Nothing for what is malformed, larger than a few thousand steps when written out, or needs more than
  /// that (looking around, references back, Unicode properties).
  static std::optional<Pattern> read(std::string_view text);
  /// True when it matches anywhere in the text, as JSON Schema means it. Never backtracks; nothing when text
  /// times pattern is too much to look at.
  [[nodiscard]] std::optional<bool> matches(std::string_view text) const;
  /// A text that matches and has that many characters (code points); the same for the same pattern. Nothing
  /// when none is found by repeating more or less.
  [[nodiscard]] std::optional<std::string> sample(std::size_t min, std::size_t max) const;

  struct Step;

 private:
  PatternPart root_;
  std::shared_ptr<const std::vector<Step>> steps_;
};

/// The tree of a pattern; nothing as for Pattern::read.
std::optional<PatternPart> read_pattern(std::string_view text);
/// The code points of a text; U+FFFD for a byte that is no UTF-8.
std::u32string code_points(std::string_view text);
/// That code point as UTF-8.
void append_utf8(std::string& text, char32_t code);

}  // namespace exai::suite
