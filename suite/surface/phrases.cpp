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

Phrase::Phrase(std::string_view phrase, std::string_view unless) : unless_(split(unless, ',')) {
  std::size_t gap = 0;
  for (std::string_view part : split(phrase, ' ')) {
    if (part.front() == '~') {
      gap = std::size_t(read_digits(part.substr(1)).value_or(0));
      continue;
    }
    const bool optional = part.front() == '?';
    if (optional) part.remove_prefix(1);
    steps_.push_back({split(part, ','), gap, optional});
    gap = 0;
  }
}

bool Phrase::Step::fits(std::string_view word) const {
  return std::any_of(words.begin(), words.end(), [&](const std::string& wanted) {
    if (wanted.ends_with('*')) return word.starts_with(std::string_view(wanted).substr(0, wanted.size() - 1));
    return word == wanted;
  });
}

/// The word after the last one of the phrase when it begins at `at`; steps that may be missing are taken when
/// they are there.
std::optional<std::size_t> Phrase::match_from(const std::vector<TextWord>& words, std::size_t at) const {
  const std::size_t sentence = words[at].sentence;
  std::size_t here = at;
  for (const Step& step : steps_) {
    const auto reachable = [&](std::size_t place) {
      return place < words.size() && place - here <= step.gap && words[place].sentence == sentence;
    };
    std::size_t next = here;
    while (reachable(next) && !step.fits(words[next].text)) ++next;
    if (reachable(next))
      here = next + 1;
    else if (!step.optional)
      return std::nullopt;
  }
  return here;
}

bool Phrase::is_denied(const std::vector<TextWord>& words, std::size_t at) const {
  constexpr std::size_t k_before = 8;
  for (std::size_t back = 1; back <= k_before && back <= at; ++back) {
    const TextWord& word = words[at - back];
    if (word.sentence != words[at].sentence) return false;
    if (std::find(unless_.begin(), unless_.end(), word.text) != unless_.end()) return true;
  }
  return false;
}

std::optional<PhraseMatch> Phrase::find_in(const TextWords& text) const {
  for (std::size_t at = 0; at < text.words.size(); ++at) {
    if (!steps_.front().fits(text.words[at].text)) continue;
    const auto end = match_from(text.words, at);
    if (end && !is_denied(text.words, at)) return PhraseMatch{at, *end - 1};
  }
  return std::nullopt;
}

}  // namespace exai::suite
