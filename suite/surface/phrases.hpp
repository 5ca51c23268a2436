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

/// A phrase made ready for looking for: words apart by blanks; "a,b" is one of them, "instruct*" begins so,
/// "~3" is up to three words of any kind, "?a,b" may be missing. All within one sentence. Words that stand in
/// `unless` (as "a,b") up to eight words before it in the sentence make it none.
class Phrase {
 public:
  explicit Phrase(std::string_view phrase, std::string_view unless = {});
  [[nodiscard]] std::optional<PhraseMatch> find_in(const TextWords& text) const;

 private:
  struct Step {
    std::vector<std::string> words;
    std::size_t gap = 0;  ///< words that may stand before it
    bool optional = false;
    [[nodiscard]] bool fits(std::string_view word) const;
  };
  [[nodiscard]] std::optional<std::size_t> match_from(const std::vector<TextWord>& words,
                                                      std::size_t at) const;
  [[nodiscard]] bool is_denied(const std::vector<TextWord>& words, std::size_t at) const;
  std::vector<Step> steps_;
  std::vector<std::string> unless_;
};

}  // namespace exai::suite
