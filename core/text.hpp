// Small text helpers that more than one folder needs.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai {

std::string_view trim(std::string_view text);
std::vector<std::string> split(std::string_view text,
                               char separator);  ///< parts are trimmed, empty ones dropped
std::string join(const std::vector<std::string>& parts, std::string_view separator);
std::string to_lower(std::string_view text);
bool equals_ignoring_case(std::string_view a, std::string_view b);

/// The number that one to nine digits write; nothing for anything else.
std::optional<int> read_digits(std::string_view text);

/// Levenshtein distance with adjacent swaps counted as one edit.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// Up to `max` of the candidates that a person may have meant, nearest first; empty if none is near.
std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                 std::size_t max = 3);

/// "did you mean a, b or c?" or "" when nothing is near.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates);

/// How many characters (code points) valid UTF-8 has.
std::size_t characters(std::string_view text);

/// Text fit for a terminal or a log line: control characters (but newline and tab) as \xNN, invalid UTF-8
/// replaced.
std::string printable(std::string_view text);

/// The first or the last `max` bytes of valid UTF-8, or a few less: no character is cut in two.
std::string_view beginning_of(std::string_view text, std::size_t max);
std::string_view ending_of(std::string_view text, std::size_t max);

/// True for valid UTF-8 without surrogates and overlong forms.
bool is_utf8(std::string_view text);

/// Estimated tokens: chars / 4, or 0.6 a character when more than a fifth is CJK.
std::size_t estimate_tokens(std::string_view text);

}  // namespace exai
