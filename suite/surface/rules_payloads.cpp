// Rules about text in disguise, and text that carries data away.
#include "core/base64.hpp"
#include "core/text.hpp"
#include "suite/surface/scan.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool is_base64_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' ||
         c == '-' || c == '_';
}

char byte_of_hex(char high, char low) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; };
  return char(digit(high) * 16 + digit(low));
}

/// Sentences, not keys, pictures or numbers: at least three words, and nothing that is no text.
bool is_prose(std::string_view text) {
  constexpr std::size_t k_least = 12;
  if (text.size() < k_least || !is_utf8(text)) return false;
  std::size_t letters = 0, blanks = 0;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') return false;
    blanks += c == ' ' ? 1 : 0;
    letters +=
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80 ? 1 : 0;
  }
  return blanks >= 2 && letters * 10 >= text.size() * 6;
}

/// A stretch of a text in another writing, and what it says.
struct Disguise {
  std::size_t at = 0, size = 0;
  std::string says;
};

/// The longest runs of characters for which `belongs` holds, from that length on.
template <class Belongs, class Decode>
std::optional<Disguise> decoded_run(std::string_view text, std::size_t least, const Belongs& belongs,
                                    const Decode& decode) {
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && belongs(text[end])) ++end;
    if (end - at >= least)
      if (std::string says = decode(text.substr(at, end - at)); is_prose(says))
        return Disguise{at, end - at, std::move(says)};
    at = std::max(end, at + 1);
  }
  return std::nullopt;
}

std::string from_base64(std::string_view digits) {
  std::string standard(digits);
  std::replace(standard.begin(), standard.end(), '-', '+');
  std::replace(standard.begin(), standard.end(), '_', '/');
  if (standard.size() % 4 == 1) standard.pop_back();
  while (standard.size() % 4 != 0) standard += '=';
  return read_base64(standard).value_or("");
}

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t at = 0; at + 1 < digits.size(); at += 2) bytes += byte_of_hex(digits[at], digits[at + 1]);
  return bytes;
}

/// One character written as "\x69", "\u0069", "%69" or "&#105;" at the beginning of a text.
struct Escape {
  std::size_t size = 0;  ///< 0 = none is there
  char byte = 0;
};

Escape hex_escape(std::string_view rest, std::size_t size) {
  if (rest.size() < size || !is_hex_digit(rest[size - 2]) || !is_hex_digit(rest[size - 1])) return {};
  return {size, byte_of_hex(rest[size - 2], rest[size - 1])};
}

Escape numeric_entity(std::string_view rest) {
  constexpr std::size_t k_code = 7;
  const std::size_t end = rest.find(';');
  const auto code = end < k_code ? read_digits(rest.substr(2, end - 2)) : std::nullopt;
  return code && *code < 0x80 ? Escape{end + 1, char(*code)} : Escape{};
}

Escape escape_at(std::string_view rest) {
  if (rest.starts_with("\\x")) return hex_escape(rest, 4);
  if (rest.starts_with("\\u00")) return hex_escape(rest, 6);
  if (rest.starts_with('%')) return hex_escape(rest, 3);
  if (rest.starts_with("&#")) return numeric_entity(rest);
  return {};
}

/// At least a dozen escapes in a row that say something.
std::optional<Disguise> escaped_run(std::string_view text) {
  constexpr std::size_t k_least = 12;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t began = at;
    std::string says;
    for (Escape one = escape_at(text.substr(at)); one.size > 0 && one.byte != 0;
         one = escape_at(text.substr(at))) {
      says += one.byte;
      at += one.size;
    }
    if (says.size() >= k_least && is_prose(says)) return Disguise{began, at - began, std::move(says)};
    at = std::max(at, began + 1);
  }
  return std::nullopt;
}

void look_for_disguised_text(const SurfaceRule& rule, const ScanView& view) {
  constexpr std::size_t k_base64 = 24, k_hex = 32, k_shown = 100;
  for (const ScanText& text : view.texts) {
    auto disguise = decoded_run(text.text, k_hex, is_hex_digit, from_hex);
    if (!disguise) disguise = decoded_run(text.text, k_base64, is_base64_digit, from_base64);
    if (!disguise) disguise = escaped_run(text.text);
    if (disguise)
      view.found(finding_at(rule, text,
                            fmt::format("{} has text that must be decoded to be read", text.place),
                            visible_excerpt(disguise->says, 0, k_shown)));
  }
}

/// "![](http://host/?q=..." is fetched by whoever shows it; a query with a place to fill in takes data along.
void look_for_carriers(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    const std::string lower = to_lower(text.text);
    for (std::size_t at = lower.find("]("); at != std::string::npos; at = lower.find("](", at + 2)) {
      const std::string_view link = std::string_view(lower).substr(at + 2, lower.find(')', at) - at - 2);
      const std::size_t query = link.find('?');
      if (!link.starts_with("http") || query == std::string_view::npos) continue;
      const std::string_view filled = link.substr(query);
      if (filled.find_first_of("{<[$") == std::string_view::npos &&
          filled.find("%7b") == std::string_view::npos)
        continue;
      view.found(finding_at(rule, text,
                            fmt::format("{} has a link that carries data away when it is shown", text.place),
                            visible_excerpt(text.text, at, link.size())));
      break;
    }
  }
}

/// A comment is text for the model that no page shows.
void look_for_comments(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    const std::size_t at = text.text.find("<!--");
    if (at == std::string_view::npos || text.role == TextRole::answer || text.role == TextRole::value)
      continue;
    const std::size_t end = text.text.find("-->", at);
    const std::string_view comment =
        text.text.substr(at + 4, end == std::string_view::npos ? end : end - at - 4);
    if (is_prose(trim(comment)))
      view.found(finding_at(rule, text, fmt::format("{} has a comment that only the model reads", text.place),
                            visible_excerpt(comment, 0, comment.size())));
  }
}

const Registered<SurfaceRule> k_encoded{
    SurfaceRule{.id = "surface.encoded-payload",
                .title = "text is written as text",
                .help = "Models decode base64, hexadecimal digits and escapes without being asked; reviewers "
                        "do not. A sentence in "
                        "such a disguise has something to hide.",
                .look = look_for_disguised_text}};
const Registered<SurfaceRule> k_carrier{
    SurfaceRule{.id = "surface.data-in-link",
                .title = "no link takes data along",
                .help = "A picture or link with a place to fill in sends what the model puts there to its "
                        "host as soon as somebody "
                        "looks at the answer.",
                .look = look_for_carriers}};
const Registered<SurfaceRule> k_comment{SurfaceRule{
    .id = "surface.hidden-comment",
    .title = "no comments that only a model reads",
    .help = "Markdown and HTML show no comments, and the model reads them. Say it openly or not at all.",
    .severity = ScanSeverity::error,
    .look = look_for_comments}};

}  // namespace
}  // namespace exai::suite
