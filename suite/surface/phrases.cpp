#include "suite/surface/phrases.hpp"

#include "core/text.hpp"
#include "suite/surface/unicode.hpp"

#include <algorithm>

namespace exai::suite {
namespace {

bool in_word(unsigned char byte) {
  return byte >= 0x80 || (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool is_blank_byte(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r';
}

/// A stop before a blank, an empty line, or a new item of a list.
bool ends_sentence(std::string_view text, std::size_t at) {
  const char here = text[at];
  const char next = at + 1 < text.size() ? text[at + 1] : '\n';
  if (here == '.' || here == '!' || here == '?' || here == ';') return is_blank_byte(next);
  return here == '\n' && (next == '\n' || next == '-' || next == '*');
}

/// One step of a phrase.
struct PhraseStep {
  std::vector<std::string> words;
  std::size_t gap = 0;  ///< words that may stand before it
  bool optional = false;
};

std::vector<PhraseStep> steps_of(std::string_view phrase) {
  std::vector<PhraseStep> steps;
  std::size_t gap = 0;
  for (std::string_view part : split(phrase, ' ')) {
    if (part.front() == '~') {
      gap = std::size_t(read_digits(part.substr(1)).value_or(0));
      continue;
    }
    const bool optional = part.front() == '?';
    if (optional) part.remove_prefix(1);
    steps.push_back({split(part, ','), gap, optional});
    gap = 0;
  }
  return steps;
}

bool fits_word(const PhraseStep& step, std::string_view word) {
  return std::any_of(step.words.begin(), step.words.end(), [&](const std::string& wanted) {
    if (wanted.ends_with('*')) return word.starts_with(std::string_view(wanted).substr(0, wanted.size() - 1));
    return word == wanted;
  });
}

/// The word after the last one of the phrase when it begins at `at`; steps that may be missing are taken when
/// they are there.
std::optional<std::size_t> match_from(const std::vector<TextWord>& words, std::size_t at,
                                      const std::vector<PhraseStep>& steps) {
  const std::size_t sentence = words[at].sentence;
  std::size_t here = at;
  for (const PhraseStep& step : steps) {
    std::size_t next = here;
    while (next < words.size() && next - here <= step.gap && words[next].sentence == sentence &&
           !fits_word(step, words[next].text))
      ++next;
    const bool found = next < words.size() && next - here <= step.gap && words[next].sentence == sentence;
    if (found)
      here = next + 1;
    else if (!step.optional)
      return std::nullopt;
  }
  return here;
}

bool is_denied(const std::vector<TextWord>& words, std::size_t at, const std::vector<std::string>& unless) {
  constexpr std::size_t k_before = 4;
  for (std::size_t back = 1; back <= k_before && back <= at; ++back) {
    const TextWord& word = words[at - back];
    if (word.sentence != words[at].sentence) return false;
    if (std::find(unless.begin(), unless.end(), word.text) != unless.end()) return true;
  }
  return false;
}

}  // namespace

TextWords::TextWords(std::string_view text) : folded(suite::folded(text)) {
  std::size_t sentence = 0;
  std::string word;
  std::size_t began = 0;
  const auto end_word = [&] {
    if (!word.empty()) words.push_back({std::move(word), began, sentence});
    word.clear();
  };
  for (std::size_t at = 0; at < folded.size(); ++at) {
    if (in_word(static_cast<unsigned char>(folded[at]))) {
      if (word.empty()) began = at;
      word += folded[at];
      continue;
    }
    if (folded[at] == '\'' && !word.empty()) continue;  // don't, user's
    end_word();
    if (ends_sentence(folded, at)) ++sentence;
  }
  end_word();
}

std::optional<PhraseMatch> find_phrase(const TextWords& text, std::string_view phrase,
                                       std::string_view unless) {
  const std::vector<PhraseStep> steps = steps_of(phrase);
  const std::vector<std::string> denying = split(unless, ',');
  for (std::size_t at = 0; at < text.words.size(); ++at) {
    if (!fits_word(steps.front(), text.words[at].text)) continue;
    const auto end = match_from(text.words, at, steps);
    if (end && !is_denied(text.words, at, denying)) return PhraseMatch{at, *end - 1};
  }
  return std::nullopt;
}

}  // namespace exai::suite
