#include "suite/surface/unicode.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/core.h>

namespace exai::suite {
namespace {

struct CodeRange {
  char32_t first, last;
};

template <std::size_t Size>
bool within(const std::array<CodeRange, Size>& ranges, char32_t code) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [&](const CodeRange& range) { return code >= range.first && code <= range.last; });
}

constexpr std::array<CodeRange, 20> k_invisible{
    {{0x00, 0x08},     {0x0B, 0x0C},     {0x0E, 0x1F},     {0x7F, 0x9F},       {0xAD, 0xAD},
     {0x034F, 0x034F}, {0x115F, 0x1160}, {0x17B4, 0x17B5}, {0x180B, 0x180F},   {0x200B, 0x200B},
     {0x2028, 0x2029}, {0x2060, 0x2065}, {0x206A, 0x206F}, {0x2800, 0x2800},   {0x3164, 0x3164},
     {0xFEFF, 0xFEFF}, {0xFFA0, 0xFFA0}, {0xFFF0, 0xFFFB}, {0x1D173, 0x1D17A}, {0xE0080, 0xE00FF}}};
constexpr std::array<CodeRange, 4> k_right_to_left{
    {{0x0590, 0x061B}, {0x061D, 0x08FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFE}}};

struct Lookalike {
  char32_t code;
  char letter;
};
/// Cyrillic, Greek, Armenian and Latin letters that are drawn as ASCII ones in most fonts.
constexpr Lookalike k_lookalikes[] = {
    {0x0430, 'a'}, {0x0435, 'e'}, {0x043E, 'o'}, {0x0440, 'p'}, {0x0441, 'c'}, {0x0443, 'y'}, {0x0445, 'x'},
    {0x0456, 'i'}, {0x0458, 'j'}, {0x0455, 's'}, {0x0501, 'd'}, {0x051B, 'q'}, {0x051D, 'w'}, {0x04BB, 'h'},
    {0x0410, 'a'}, {0x0412, 'b'}, {0x0415, 'e'}, {0x041A, 'k'}, {0x041C, 'm'}, {0x041D, 'h'}, {0x041E, 'o'},
    {0x0420, 'p'}, {0x0421, 'c'}, {0x0422, 't'}, {0x0423, 'y'}, {0x0425, 'x'}, {0x0406, 'i'}, {0x0408, 'j'},
    {0x0405, 's'}, {0x0391, 'a'}, {0x0392, 'b'}, {0x0395, 'e'}, {0x0396, 'z'}, {0x0397, 'h'}, {0x0399, 'i'},
    {0x039A, 'k'}, {0x039C, 'm'}, {0x039D, 'n'}, {0x039F, 'o'}, {0x03A1, 'p'}, {0x03A4, 't'}, {0x03A5, 'y'},
    {0x03A7, 'x'}, {0x03B1, 'a'}, {0x03B9, 'i'}, {0x03BD, 'v'}, {0x03BF, 'o'}, {0x03C1, 'p'}, {0x03C5, 'u'},
    {0x03F2, 'c'}, {0x0561, 'w'}, {0x0570, 'h'}, {0x0578, 'n'}, {0x057D, 'u'}, {0x0585, 'o'}, {0x0131, 'i'},
    {0x0269, 'i'}, {0x0261, 'g'}, {0x0251, 'a'}, {0x1D0F, 'o'}, {0x2170, 'i'}, {0x217C, 'l'}, {0x217D, 'c'},
    {0x217E, 'd'}, {0x217F, 'm'}};

bool hidden(char32_t code) {
  return is_invisible(code) || turns_direction(code) || is_direction_mark(code) || is_tag(code) ||
         is_joiner(code) || is_variation(code);
}

/// Full-width forms and the letters of mathematics stand in the order of ASCII.
std::optional<char> styled_ascii(char32_t code) {
  if (code >= 0xFF01 && code <= 0xFF5E) return char(code - 0xFF01 + 0x21);
  constexpr char32_t k_first = 0x1D400, k_last = 0x1D6A3, k_alphabet = 26;
  if (code < k_first || code > k_last) return std::nullopt;
  return char('a' + (code - k_first) % k_alphabet);
}

std::size_t length_at(std::string_view text, std::size_t at) {
  for (std::size_t size = 1; size <= 4 && at + size <= text.size(); ++size)
    if (is_utf8(text.substr(at, size))) return size;
  return 0;
}

char32_t code_at(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() == 1) return first;
  constexpr unsigned k_bits[] = {0x1F, 0x0F, 0x07};
  char32_t code = first & k_bits[bytes.size() - 2];
  for (const char byte : bytes.substr(1)) code = (code << 6U) | (static_cast<unsigned char>(byte) & 0x3FU);
  return code;
}

}  // namespace

std::vector<TextCharacter> characters_of(std::string_view text) {
  std::vector<TextCharacter> all;
  all.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = length_at(text, at);
    all.push_back(size == 0 ? TextCharacter{0xFFFD, at, 1}
                            : TextCharacter{code_at(text.substr(at, size)), at, size});
    at += std::max<std::size_t>(size, 1);
  }
  return all;
}

bool is_invisible(char32_t code) {
  return within(k_invisible, code);
}

bool turns_direction(char32_t code) {
  return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

bool is_direction_mark(char32_t code) {
  return code == 0x200E || code == 0x200F || code == 0x061C;
}

bool is_right_to_left(char32_t code) {
  return within(k_right_to_left, code);
}

bool is_tag(char32_t code) {
  return code >= 0xE0000 && code <= 0xE007F;
}

bool is_joiner(char32_t code) {
  return code == 0x200C || code == 0x200D;
}

bool is_variation(char32_t code) {
  return (code >= 0xFE00 && code <= 0xFE0F) || (code >= 0xE0100 && code <= 0xE01EF);
}

std::optional<char> lookalike(char32_t code) {
  const auto* const found = std::find_if(std::begin(k_lookalikes), std::end(k_lookalikes),
                                         [&](const Lookalike& each) { return each.code == code; });
  if (found != std::end(k_lookalikes)) return found->letter;
  return styled_ascii(code);
}

std::string folded(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const TextCharacter& character : characters_of(text)) {
    if (character.code < 0x80 && !hidden(character.code))
      out += char(character.code);
    else if (const auto letter = lookalike(character.code))
      out += *letter;
    else if (!hidden(character.code))
      out += text.substr(character.offset, character.size);
  }
  return to_lower(out);
}

std::string visible_excerpt(std::string_view text, std::size_t at, std::size_t size) {
  constexpr std::size_t k_around = 48, k_longest = 96;
  const std::size_t from = at > k_around ? at - k_around : 0;
  const std::size_t until = std::min(text.size(), at + std::min(size, k_longest) + k_around);
  std::string out = from > 0 ? "..." : "";
  // A character cut in two at either end is left out.
  for (const TextCharacter& character : characters_of(text.substr(from, until - from))) {
    const bool edge = character.code == 0xFFFD && character.size == 1 &&
                      (character.offset < 4 || character.offset + 4 > until - from);
    if (edge) continue;
    if (character.code == '\n' || character.code == '\r' || character.code == '\t')
      out += ' ';
    else if (hidden(character.code) || character.code == 0xFFFD)
      out += fmt::format("\\u{{{:04X}}}", std::uint32_t(character.code));
    else
      out += text.substr(from + character.offset, character.size);
  }
  if (until < text.size()) out += "...";
  return out;
}

}  // namespace exai::suite
