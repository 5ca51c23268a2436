// Rules about characters that a model reads and a person does not see.
#include "core/text.hpp"
#include "suite/surface/scan.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

using TextCharacters = std::vector<TextCharacter>;

bool is_pictorial(char32_t code) {
  return code >= 0x2190 && (code < 0x3000 || code >= 0x1F000);
}

/// A joiner between two emoji or two letters of a script that joins is what it is for.
bool is_joined_rightly(const TextCharacters& all, std::size_t at) {
  constexpr char32_t k_joining_scripts = 0x0590, k_punctuation = 0x1E00;
  const auto joins = [&](std::size_t place) {
    if (place >= all.size()) return false;
    const char32_t code = all[place].code;
    return is_pictorial(code) || is_variation(code) || (code >= k_joining_scripts && code < k_punctuation);
  };
  return at > 0 && joins(at - 1) && (joins(at + 1) || at + 1 == all.size());
}

/// One selector after a character that has more than one look is usual; a row of them carries bytes.
bool is_selector_abused(const TextCharacters& all, std::size_t at) {
  return at == 0 || is_variation(all[at - 1].code) || all[at - 1].code == ' ' || all[at - 1].code == '\n';
}

bool is_hidden_at(const TextCharacters& all, std::size_t at) {
  const char32_t code = all[at].code;
  if (code == 0xFEFF && at == 0) return false;  // a byte order mark of whoever read a file
  if (is_invisible(code)) return true;
  if (is_joiner(code)) return !is_joined_rightly(all, at);
  return is_variation(code) && is_selector_abused(all, at);
}

/// The first character for which `is` holds, and how many there are.
template <class Is>
void report_characters(const SurfaceRule& rule, const ScanView& view, std::string_view what, const Is& is) {
  for (const ScanText& text : view.texts) {
    // Most text is plain ASCII.
    if (std::all_of(text.text.begin(), text.text.end(),
                    [](char c) { return (c >= ' ' && c < 0x7F) || c == '\n'; }))
      continue;
    const TextCharacters all = characters_of(text.text);
    std::size_t first = all.size(), count = 0;
    for (std::size_t at = 0; at < all.size(); ++at) {
      if (!is(all, at)) continue;
      first = std::min(first, at);
      ++count;
    }
    if (count > 0)
      view.found(finding_at(rule, text, fmt::format("{} has {} {}", text.place, count, what),
                            visible_excerpt(text.text, all[first].offset, all[first].size)));
  }
}

void look_for_hidden(const SurfaceRule& rule, const ScanView& view) {
  report_characters(rule, view, "characters that nobody sees", is_hidden_at);
}

void look_for_turned(const SurfaceRule& rule, const ScanView& view) {
  report_characters(rule, view, "characters that turn the direction of the text",
                    [](const TextCharacters& all, std::size_t at) {
                      if (turns_direction(all[at].code)) return true;
                      return is_direction_mark(all[at].code) &&
                             std::none_of(all.begin(), all.end(), [](const TextCharacter& each) {
                               return is_right_to_left(each.code);
                             });
                    });
}

/// The flags of England, Scotland and Wales are a black flag with tags behind it.
bool is_flag(const TextCharacters& all, std::size_t at) {
  constexpr std::size_t k_longest = 8;
  for (std::size_t back = 1; back <= std::min(at, k_longest); ++back) {
    if (all[at - back].code == 0x1F3F4) return true;
    if (!is_tag(all[at - back].code)) return false;
  }
  return false;
}

void look_for_tags(const SurfaceRule& rule, const ScanView& view) {
  for (const ScanText& text : view.texts) {
    if (text.text.find("\xF3\xA0") == std::string_view::npos) continue;
    const TextCharacters all = characters_of(text.text);
    std::string hidden;
    for (std::size_t at = 0; at < all.size(); ++at)
      if (is_tag(all[at].code) && !is_flag(all, at)) hidden += char(all[at].code - 0xE0000);
    constexpr std::size_t k_shown = 120;
    if (!hidden.empty())
      view.found(finding_at(rule, text,
                            fmt::format("{} has text in tag characters that nobody sees", text.place),
                            printable(beginning_of(hidden, k_shown))));
  }
}

/// Text pushed out of sight: a model reads on where a person stops scrolling.
void look_for_padding(const SurfaceRule& rule, const ScanView& view) {
  constexpr std::size_t k_blanks = 80, k_lines = 15;
  for (const ScanText& text : view.texts) {
    std::size_t blanks = 0, lines = 0, at = 0;
    for (; at < text.text.size() && blanks < k_blanks && lines < k_lines; ++at) {
      const char c = text.text[at];
      blanks = c == ' ' || c == '\t' ? blanks + 1 : 0;
      if (c == '\n')
        ++lines;
      else if (c != ' ' && c != '\t' && c != '\r')
        lines = 0;
    }
    if (blanks < k_blanks && lines < k_lines) continue;
    const std::string_view rest = trim(text.text.substr(at));
    if (!rest.empty())
      view.found(finding_at(rule, text, fmt::format("{} goes on after a gap that hides it", text.place),
                            visible_excerpt(rest, 0, rest.size())));
  }
}

const Registered<SurfaceRule> k_hidden{
    SurfaceRule{.id = "surface.hidden-characters",
                .title = "what the model reads can be seen",
                .help = "Zero-width characters, fillers, control characters and rows of variation selectors "
                        "carry text to the "
                        "model that no review shows. Remove them, or do not use the server.",
                .look = look_for_hidden}};
const Registered<SurfaceRule> k_turned{SurfaceRule{.id = "surface.bidirectional-characters",
                                                   .title = "text reads in the order in which it stands",
                                                   .help =
                                                       "Overrides and isolates show a person another text "
                                                       "than the model gets. They have no use in names and "
                                                       "descriptions. Remove them.",
                                                   .look = look_for_turned}};
const Registered<SurfaceRule> k_tags{SurfaceRule{
    .id = "surface.tag-characters",
    .title = "no text in tag characters",
    .help = "The characters U+E0000 to U+E007F are invisible copies of ASCII; models read them as text. "
            "There is no "
            "honest use outside of three flags. Do not use the server before its author explains them.",
    .look = look_for_tags}};
const Registered<SurfaceRule> k_padding{SurfaceRule{.id = "surface.text-out-of-sight",
                                                    .title = "no text behind a long gap",
                                                    .help =
                                                        "Many blanks or empty lines push what follows out of "
                                                        "the window in which a person approves a tool. Put "
                                                        "it together.",
                                                    .severity = ScanSeverity::warning,
                                                    .look = look_for_padding}};

}  // namespace
}  // namespace exai::suite
