// Joins an answer that was cut at the output limit with its continuation. Models like to repeat the last
// words before they continue; those are taken out.
#pragma once

#include <string>
#include <string_view>

namespace exai::models {

class Joiner {
 public:
  /// Continues the text so far.
  explicit Joiner(std::string_view so_far);
  /// The next piece of the continuation; what is certainly new of it comes back.
  std::string feed(std::string_view piece);
  /// The continuation is over: the rest that is new.
  std::string finish();

 private:
  [[nodiscard]] std::string without_repetition() const;

  std::string tail_;  // the end of the text so far
  std::string held_;  // of the continuation, until it is long enough to judge
  bool decided_ = false;
};

}  // namespace exai::models
