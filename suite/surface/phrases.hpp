// Finding phrases in text: words with alternatives and gaps, in time linear in the text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// One word of a text as it reads (folded), and the sentence it stands in.
struct TextWord {
  std::string text;
  std::size_t offset = 0;  ///< of its first byte in the folded text
  std::size_t sentence = 0;
};

/// A text made ready for looking into.
struct TextWords {
  std::string folded;
  std::vector<TextWord> words;
  explicit TextWords(std::string_view text);
};

/// Where a phrase was found.
struct PhraseMatch {
  std::size_t first = 0, last = 0;  ///< words
};

/// Looks for a phrase: words apart by blanks; "a,b" is one of them, "instruct*" begins so, "~3" is up to three
/// words of any kind, "?a,b" may be missing. All within one sentence. Words that stand in `unless` (as "a,b") up
/// to four words before it in the sentence make it none.
std::optional<PhraseMatch> find_phrase(const TextWords& text, std::string_view phrase,
                                       std::string_view unless = {});

}  // namespace exai::suite
