#include "core/text.hpp"

#include <algorithm>
#include <cctype>
#include <cstdint>
#include <cstring>
#include <numeric>

#include <fmt/core.h>

namespace exai {

std::string_view trim(std::string_view text) {
  constexpr std::string_view k_blank = " \t\r\n\f\v";
  const auto first = text.find_first_not_of(k_blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(k_blank) - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    const std::string_view part = trim(text.substr(0, at));
    if (!part.empty()) parts.emplace_back(part);
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  // ASCII only, whatever the locale: these are protocol words, compared for each header of each request.
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
  return a.size() == b.size() &&
         std::equal(a.begin(), a.end(), b.begin(), [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<int> read_digits(std::string_view text) {
  if (text.empty() || text.size() > 9) return std::nullopt;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t swap = a[i - 1] == b[j - 1] ? 0 : 1;
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + swap});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before.swap(row);
    row.swap(next);
  }
  return row[b.size()];
}

std::vector<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates,
                                 std::size_t max) {
  // A third of the letters may be wrong; a candidate that starts with the word is always near.
  std::vector<std::pair<std::size_t, std::string>> near;
  const std::string wanted = to_lower(word);
  for (const std::string& candidate : candidates) {
    const std::string lower = to_lower(candidate);
    const std::size_t distance = edit_distance(wanted, lower);
    const bool begins = wanted.size() >= 3 && lower.starts_with(wanted);
    if (begins || distance <= std::max<std::size_t>(1, wanted.size() / 3))
      near.emplace_back(begins ? 0 : distance, candidate);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::string> names;
  for (const auto& [distance, name] : near) {
    if (names.size() == max) break;
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  const std::vector<std::string> names = nearest(word, candidates);
  if (names.empty()) return {};
  std::string text = "did you mean " + names.front();
  for (std::size_t i = 1; i < names.size(); ++i) text += (i + 1 == names.size() ? " or " : ", ") + names[i];
  return text + "?";
}

namespace {

bool continues(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U;
}

// Length of the valid sequence that starts at `at`, 0 if none does.
std::size_t sequence(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(at);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if (!continues(text[at + i])) return 0;
  const unsigned char second = byte(at + 1);
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
      (lead == 0xF4 && second > 0x8F))
    return 0;
  return length;
}

bool cjk(std::string_view sequence_bytes) {
  if (sequence_bytes.size() < 3) return false;
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(sequence_bytes[i]));
  };
  if (sequence_bytes.size() == 4) return byte(0) == 0xF0 && byte(1) >= 0xA0;  // U+20000 and up
  const unsigned code = ((byte(0) & 0x0FU) << 12U) | ((byte(1) & 0x3FU) << 6U) | (byte(2) & 0x3FU);
  return (code >= 0x3040 && code <= 0x30FF) || (code >= 0x3400 && code <= 0x9FFF) ||
         (code >= 0xAC00 && code <= 0xD7A3);
}

}  // namespace

bool is_utf8(std::string_view text) {
  constexpr std::uint64_t k_high_bits = 0x8080'8080'8080'8080U;
  for (std::size_t at = 0; at < text.size();) {
    // Most text is plain ASCII: eight bytes at a time.
    for (std::uint64_t word = 0; at + sizeof word <= text.size(); at += sizeof word) {
      std::memcpy(&word, text.data() + at, sizeof word);
      if ((word & k_high_bits) != 0) break;
    }
    if (at == text.size()) break;
    const std::size_t length = sequence(text, at);
    if (length == 0) return false;
    at += length;
  }
  return true;
}

std::size_t characters(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::string_view beginning_of(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && continues(text[max])) --max;
  return text.substr(0, max);
}

std::string_view ending_of(std::string_view text, std::size_t max) {
  if (text.size() <= max) return text;
  std::size_t from = text.size() - max;
  while (from < text.size() && continues(text[from])) ++from;
  return text.substr(from);
}

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = sequence(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    // C1 controls (U+0080 to U+009F) steer some terminals just as escape sequences do.
    const bool control = length == 1
                             ? (byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7F
                             : length == 2 && byte == 0xC2 && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (length == 0) {
      clean += "\xEF\xBF\xBD";
      ++at;
    } else {
      if (control) {
        for (std::size_t i = 0; i < length; ++i)
          clean += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[at + i]));
      } else {
        clean += text.substr(at, length);
      }
      at += length;
    }
  }
  return clean;
}

std::size_t estimate_tokens(std::string_view text) {
  std::size_t characters = 0, wide = 0;
  for (std::size_t at = 0; at < text.size(); ++characters) {
    const std::size_t length = std::max<std::size_t>(1, sequence(text, at));
    if (cjk(text.substr(at, length))) ++wide;
    at += length;
  }
  return wide * 5 > characters ? (characters * 6 + 9) / 10 : (characters + 3) / 4;
}

}  // namespace exai
