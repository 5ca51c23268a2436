// The YAML block below a test of TAP, of which a few fields are read and all of the text is kept.
#pragma once

#include "suite/results/test_run.hpp"
#include "suite/results/texts.hpp"

#include <string>
#include <string_view>

namespace exai::suite {

/// Tools write what is nearly YAML, and a diagnosis must not break a run: it is read line by line.
class TapYaml {
 public:
  [[nodiscard]] bool open() const { return open_; }
  /// After "---" behind that many spaces.
  void begin(std::size_t indent);
  /// Takes a line of the block, whose last one is "...". False for one that stands further left and is none
  /// of it: the block ended before.
  bool take(std::string_view line);
  /// Puts message, duration and place into the result, and the whole as its detail.
  void give_to(TestResult& result);

 private:
  void take_field(std::string_view name, std::string_view value);

  std::size_t indent_ = 0;
  bool open_ = false;
  KeptText text_{k_max_test_detail * 2};
  TestResult read_;
};

}  // namespace exai::suite
