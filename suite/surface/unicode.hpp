// Characters that a person does not see and a model reads, and letters that look like others.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// One character of a text: its code point (U+FFFD for a byte that is no UTF-8) and where it stands.
struct TextCharacter {
  char32_t code = 0;
  std::size_t offset = 0, size = 0;  ///< bytes
};
std::vector<TextCharacter> characters_of(std::string_view text);

/// Characters without any shape: zero-width, fillers, controls other than tab and line ends.
bool is_invisible(char32_t code);
/// Those that turn the direction of what follows: embeddings, overrides, isolates.
bool turns_direction(char32_t code);
/// Marks of direction, which belong into right-to-left text and nowhere else.
bool is_direction_mark(char32_t code);
/// Letters of scripts that are written from right to left.
bool is_right_to_left(char32_t code);
/// Copies of ASCII that nothing shows (U+E0000 to U+E007F).
bool is_tag(char32_t code);
/// Joiners, which belong between emoji and into scripts with joined letters.
bool is_joiner(char32_t code);
/// What follows an emoji and chooses how it looks (U+FE00 to U+FE0F, U+E0100 to U+E01EF).
bool is_variation(char32_t code);

/// Lower case, without what is invisible, letters that look like Latin ones and full-width forms as those:
/// two texts that look alike are one then. Line breaks stay.
std::string folded(std::string_view text);
/// The Latin letter that this one is taken for; nothing when there is none, or it is one itself.
std::optional<char> lookalike(char32_t code);

/// What stands around a place of a text, fit for one line of a terminal or log: at most some 160 characters,
/// what cannot be seen as \u{200B}.
std::string visible_excerpt(std::string_view text, std::size_t at, std::size_t size);

}  // namespace exai::suite
