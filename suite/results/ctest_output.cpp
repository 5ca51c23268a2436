#include "suite/results/ctest_output.hpp"

#include "core/text.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/texts.hpp"

#include <map>

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// "1/27 Test #20: name ....***Failed  1.20 sec" in its parts; the count is missing where a test is repeated.
struct CtestLine {
  int number = 0;
  std::optional<int> of;
  std::string_view name, ending;
};

/// Takes digits and the spaces before them off the front.
std::optional<int> take_number(std::string_view& text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  std::size_t end = 0;
  while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
  const auto number = read_digits(text.substr(0, end));
  if (number) text.remove_prefix(end);
  return number;
}

bool take_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

/// Where the name ends: before the last row of three dots or more that a result follows.
std::size_t end_of_name(std::string_view text) {
  for (std::size_t at = text.rfind(" ..."); at != std::string_view::npos && at > 0;
       at = text.rfind(" ...", at - 1)) {
    const std::string_view rest = text.substr(std::min(text.find_first_not_of('.', at + 1), text.size()));
    if (rest.starts_with("***") || rest.starts_with("   Passed") || rest.empty()) return at;
  }
  return std::string_view::npos;
}

std::optional<CtestLine> ctest_line(std::string_view text) {
  CtestLine line;
  if (take_number(text)) {
    if (!take_word(text, "/") || !(line.of = take_number(text))) return std::nullopt;
  }
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (!take_word(text, "Test")) return std::nullopt;
  while (text.starts_with(' ')) text.remove_prefix(1);
  if (!take_word(text, "#")) return std::nullopt;
  const auto number = take_number(text);
  if (!number || !take_word(text, ": ")) return std::nullopt;
  const std::size_t end = end_of_name(text);
  if (end == std::string_view::npos) return std::nullopt;
  line.number = *number;
  line.name = text.substr(0, end);
  line.ending = text.substr(std::min(text.find_first_not_of('.', end + 1), text.size()));
  return line;
}

/// "    Start 3: name"
bool is_start(std::string_view line) {
  line = trim(line);
  return take_word(line, "Start ") && take_number(line) && line.starts_with(": ");
}

/// The seconds of "***Failed  why   1.20 sec", which are taken off.
std::optional<Micros> take_seconds(std::string_view& ending) {
  std::string_view text = trim(ending);
  if (!text.ends_with(" sec")) return std::nullopt;
  text.remove_suffix(4);
  const std::size_t space = text.find_last_of(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const auto seconds = read_seconds(text.substr(space + 1));
  if (seconds) ending = trim(text.substr(0, space));
  return seconds;
}

class CtestOutputReader {
 public:
  Result<TestRun> read(std::string_view bytes) {
    LineReader lines(bytes);
    while (const auto line = lines.next())
      if (Result<void> taken = take(*line, lines.ended()); !taken) return fail(std::move(taken.error()));
    if (Result<void> ended = end_project(); !ended) return fail(std::move(ended.error()));
    return builder_.finish();
  }

 private:
  Result<void> take(std::string_view line, bool whole) {
    if (const auto test = ctest_line(line)) return take_test(*test);
    if (is_start(line)) {
      close_detail();
    } else if (line.starts_with("Test project ")) {
      builder_.set_name(line.substr(13));
      if (begun_) return end_project();
      begun_ = true;
    } else if (line.find("% tests passed, ") != std::string_view::npos) {
      take_summary(line);
    } else if (line.starts_with("No tests were found!!!")) {
      begun_ = ended_ = true;
    } else if (line.starts_with("Total Test time (real) =")) {
      close_detail();
      std::string_view ending = line;
      builder_.set_duration(take_seconds(ending));
      // A number that was cut is a smaller one.
      ended_ = ended_ || whole || line.ends_with(" sec");
    } else {
      take_output(line);
    }
    return {};
  }

  Result<void> take_test(const CtestLine& line) {
    close_detail();
    if (line.of) expected_ = std::max(expected_, *line.of);
    TestResult result;
    result.name = line.name;
    std::string_view ending = line.ending;
    result.duration = take_seconds(ending);
    // Where a reason has lines of its own the time stands after the last.
    wants_time_ = !result.duration;
    result.status = status_of(ending);
    if (result.status != TestStatus::passed)
      result.message = trim(ending).substr(std::min<std::size_t>(3, trim(ending).size()));
    begun_ = true;
    if (const auto spoken = spoken_.extract(line.number); spoken && result.status != TestStatus::passed)
      result.detail = spoken.mapped().text();
    const auto [known, fresh] = at_.emplace(
        std::pair(line.number, std::string(line.name.substr(0, k_max_test_name))), builder_.size());
    current_ = known->second;
    if (fresh) return builder_.add(std::move(result));
    builder_.note(fmt::format("test {} ran again; its last time counts", result.name));
    keep_within_bounds(result);
    builder_.results()[*current_] = std::move(result);
    return {};
  }

  static TestStatus status_of(std::string_view ending) {
    ending = trim(ending);
    if (ending == "Passed") return TestStatus::passed;
    if (ending.starts_with("***Skipped") || ending.starts_with("***Not Run (Disabled)"))
      return TestStatus::skipped;
    if (ending.starts_with("***Not Run") || !ending.starts_with("***")) return TestStatus::error;
    return TestStatus::failed;
  }

  /// "67% tests passed, 1 tests failed out of 3": what is disabled is not among them.
  void take_summary(std::string_view line) {
    close_detail();
    const std::size_t comma = line.find(", ");
    std::string_view rest = line.substr(comma + 2);
    failed_ = take_number(rest);
    const std::size_t out_of = rest.find(" out of ");
    if (out_of == std::string_view::npos) return;
    rest.remove_prefix(out_of + 8);
    expected_ = std::max(expected_, take_number(rest).value_or(0));
  }

  /// What a test printed that did not pass, or the rest of its reason.
  void take_output(std::string_view line) {
    if (take_spoken(line)) return;
    if (!current_ || builder_.results()[*current_].status == TestStatus::passed) return;
    TestResult& result = builder_.results()[*current_];
    if (wants_time_) {
      std::string_view rest = line;
      if ((result.duration = take_seconds(rest))) {
        wants_time_ = false;
        return;
      }
    }
    detail_.add(line);
    detail_.add("\n");
  }

  /// "3: total is wrong" and "test 3", which -V prints before the result.
  bool take_spoken(std::string_view line) {
    std::string_view rest = line;
    if (take_word(rest, "test ") && take_number(rest) && rest.empty()) return true;
    rest = line;
    const auto number = line.starts_with(' ') ? std::nullopt : take_number(rest);
    if (!number || !take_word(rest, ": ")) return false;
    if (spoken_.size() > k_max_spoken) spoken_.clear();
    KeptText& text = spoken_.try_emplace(*number, k_max_test_detail).first->second;
    text.add(rest);
    text.add("\n");
    return true;
  }

  void close_detail() {
    if (current_ && !first_line(detail_.text()).empty())
      builder_.results()[*current_].detail = kept_text(detail_.text(), k_max_test_detail);
    detail_.clear();
    current_.reset();
    wants_time_ = false;
  }

  /// One log may have several runs one after the other.
  Result<void> end_project() {
    close_detail();
    if (!ended_)
      if (Result<void> added = builder_.add_problem(
              "", "(end of the run)",
              "the output ends before the total time: CTest did not end, or its output was cut");
          !added)
        return added;
    if (Result<void> added = add_missing(); !added) return added;
    at_.clear();
    failed_.reset();
    expected_ = 0;
    first_ = builder_.size();
    ended_ = false;
    return {};
  }

  Result<void> add_missing() {
    if (at_.size() < static_cast<std::size_t>(expected_))
      if (Result<void> added = builder_.add_problem(
              "", "(missing tests)",
              fmt::format("CTest counts {} tests; the results of {} are there", expected_, at_.size()));
          !added)
        return added;
    bool bad = false;
    for (std::size_t at = first_; at < builder_.size(); ++at)
      bad = bad || builder_.results()[at].status == TestStatus::failed ||
            builder_.results()[at].status == TestStatus::error;
    if (failed_ && *failed_ > 0 && !bad)
      return builder_.add_problem("", "(counts)",
                                  fmt::format("CTest says that {} tests failed, but shows none", *failed_));
    return {};
  }

  static constexpr std::size_t k_max_spoken = 1000;  // tests that run at once

  RunBuilder builder_{"ctest"};
  std::map<int, KeptText> spoken_;
  std::map<std::pair<int, std::string>, std::size_t> at_;  ///< number and name of a test -> its result
  std::size_t first_ = 0;                                  ///< of the run that is read
  std::optional<std::size_t> current_;                     ///< the result that lines belong to
  KeptText detail_{k_max_test_detail * 2};
  std::optional<int> failed_;
  int expected_ = 0;
  bool begun_ = false, ended_ = false, wants_time_ = false;
};

}  // namespace

bool is_ctest_output(std::string_view bytes) {
  constexpr int k_lines = 500;
  LineReader lines(bytes);
  while (const auto line = lines.next()) {
    if (lines.number() > k_lines) return false;
    if (line->starts_with("Test project ") || ctest_line(*line) ||
        line->starts_with("No tests were found!!!"))
      return true;
  }
  return false;
}

Result<TestRun> read_ctest_output(std::string_view bytes) {
  return CtestOutputReader().read(bytes);
}

}  // namespace exai::suite
