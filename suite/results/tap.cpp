// The Test Anything Protocol, versions 12 to 14. A test that was planned and is not there has failed; what
// the plan cannot vouch for is an error of its own.
#include "core/text.hpp"
#include "suite/results/format.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/tap_line.hpp"
#include "suite/results/tap_yaml.hpp"
#include "suite/results/texts.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// Levels of subtests that are read as such; what is deeper is passed over, as in version 13.
constexpr std::size_t k_max_levels = 32;
constexpr std::size_t k_max_gaps = 100;

bool is_bad_test(TestStatus status) {
  return status == TestStatus::failed || status == TestStatus::error;
}

/// The document, or a subtest.
struct TapLevel {
  std::size_t indent = 0;
  std::size_t first = 0;  ///< where its results begin
  std::string name;       ///< from "# Subtest: name"
  std::optional<int> planned;
  std::string plan_reason;
  std::set<int> seen{};
  int last = 0;                   ///< the number of the test before
  std::optional<int> doubled;     ///< a number that came twice
  std::optional<TapLine> opened;  ///< a test whose subtest is not closed yet
  bool second_plan = false;
};

class TapReader {
 public:
  Result<TestRun> read(std::string_view bytes) {
    levels_.push_back({});
    LineReader lines(bytes);
    bool cut = false;
    while (const auto line = lines.next()) {
      if (bailed_) break;
      const Result<bool> counted = take(*line);
      if (!counted) return fail(counted.error());
      // "ok 1 - it works" may be the beginning of "ok 1 - it works # SKIP", and 1..1 that of 1..12.
      cut = !lines.ended() && *counted;
    }
    if (Result<void> done = finish(cut); !done) return fail(std::move(done.error()));
    return builder_.finish();
  }

 private:
  /// Whether the line was one that counts.
  Result<bool> take(std::string_view text) {
    if (yaml_.open() && take_yaml(text)) return false;
    const TapLine line = read_tap_line(text);
    if (line.kind == TapKind::yaml && after_test_ && line.indent > levels_.back().indent) {
      yaml_.begin(line.indent);
      return false;
    }
    if (line.kind == TapKind::other || line.kind == TapKind::yaml) return false;
    if (line.kind == TapKind::subtest && line.indent == levels_.back().indent) {
      named_ = line.text;
      return false;
    }
    if (!to_level(line)) return false;
    if (Result<void> closed = close_to(line.indent); !closed) return fail(std::move(closed.error()));
    after_test_ = false;
    Result<void> taken = take_line(line);
    if (!taken) return fail(std::move(taken.error()));
    return line.kind == TapKind::test || line.kind == TapKind::plan;
  }

  /// Opens a subtest where one begins; false for lines that stand where no level can be.
  bool to_level(const TapLine& line) {
    if (line.indent == levels_.back().indent + 4 && levels_.size() < k_max_levels) {
      TapLevel level;
      level.indent = line.indent;
      level.first = builder_.size();
      level.name = line.kind == TapKind::subtest ? line.text : named_;
      named_.clear();
      levels_.push_back(std::move(level));
      last_test_.reset();
      return true;
    }
    return line.indent <= levels_.back().indent && line.indent % 4 == 0;
  }

  Result<void> take_line(const TapLine& line) {
    TapLevel& level = levels_.back();
    if (level.opened && line.kind != TapKind::block_end) {
      // Its brace was a part of its name.
      TapLine plain = *std::exchange(level.opened, std::nullopt);
      plain.text += " {";
      if (Result<void> taken = take_test(plain); !taken) return taken;
    }
    switch (line.kind) {
      case TapKind::plan:
        level.second_plan = level.second_plan || level.planned.has_value();
        level.planned = std::max(level.planned.value_or(0), *line.number);
        level.plan_reason = line.text;
        return {};
      case TapKind::test:
        if (!line.opens) return take_test(line);
        level.opened = line;
        return {};
      case TapKind::block_end:
        return level.opened ? take_test(*std::exchange(level.opened, std::nullopt)) : Result<void>{};
      case TapKind::bail_out:
        bailed_ = true;
        return builder_.add_problem("", "Bail out!", line.text);
      case TapKind::subtest:
        named_ = line.text;
        return {};
      default:
        return {};
    }
  }

  Result<void> take_test(const TapLine& line) {
    TapLevel& level = levels_.back();
    const int number = line.number.value_or(level.last + 1);
    level.last = number;
    if (!level.seen.insert(number).second && !level.doubled) level.doubled = number;
    named_.clear();
    last_test_.reset();
    after_test_ = true;
    const std::optional<TapLevel> child = std::exchange(closed_, std::nullopt);
    if (child && child->first < builder_.size() && adopt(*child, line)) return {};
    TestResult result;
    result.name = line.text.empty() ? fmt::format("test {}", number) : line.text;
    result.status = line.ok ? TestStatus::passed : TestStatus::failed;
    result.duration = line.duration;
    result.message = line.reason;
    if (line.directive == TapDirective::skip && line.ok) result.status = TestStatus::skipped;
    if (line.directive == TapDirective::todo) {
      result.message = "todo: " + line.reason;
      if (!line.ok) result.status = TestStatus::skipped;
    }
    last_test_ = builder_.size();
    return builder_.add(std::move(result));
  }

  /// The tests of a subtest get its name. True when they tell all that its own line says.
  bool adopt(const TapLevel& child, const TapLine& line) {
    bool bad = false;
    const std::string name = line.text.empty() ? child.name : line.text;
    for (std::size_t at = child.first; at < builder_.size(); ++at) {
      TestResult& result = builder_.results()[at];
      result.group = kept_text(result.group.empty() ? name : name + " / " + result.group, k_max_test_name);
      if (!line.ok && line.directive == TapDirective::todo && is_bad_test(result.status)) {
        result.status = TestStatus::skipped;
        result.message = kept_text("todo: " + line.reason + " " + result.message, k_max_test_message);
      }
      bad = bad || is_bad_test(result.status);
    }
    return line.ok || bad || line.directive == TapDirective::todo;
  }

  /// False for a line that stands behind the block.
  bool take_yaml(std::string_view text) {
    const bool taken = yaml_.take(text);
    if (yaml_.open()) return true;
    if (last_test_) yaml_.give_to(builder_.results()[*last_test_]);
    last_test_.reset();
    after_test_ = false;
    return taken;
  }

  /// Ends the subtests that are deeper than that.
  Result<void> close_to(std::size_t indent) {
    while (levels_.back().indent > indent) {
      if (Result<void> orphans = end_orphan(); !orphans) return orphans;
      TapLevel level = std::move(levels_.back());
      levels_.pop_back();
      if (Result<void> judged = judge(level); !judged) return judged;
      closed_ = std::move(level);
    }
    return {};
  }

  /// A subtest whose own line did not come.
  Result<void> end_orphan() {
    if (!closed_) return {};
    const TapLevel child = std::move(*std::exchange(closed_, std::nullopt));
    TapLine line;
    line.text = child.name;
    (void)adopt(child, line);
    if (bailed_) return {};
    return builder_.add_problem(child.name, "(subtest)",
                                "the line with the result of the subtest is not there");
  }

  /// What the plan says that the tests do not.
  Result<void> judge(const TapLevel& level) {
    constexpr std::string_view group;  // a subtest's name is put before what is in it
    if (!level.planned)
      return bailed_ ? Result<void>{}
                     : builder_.add_problem(group, "(plan)",
                                            "there is no plan: the run did not end, or its output was cut");
    if (*level.planned == 0 && level.seen.empty()) return skipped_whole(level);
    if (level.second_plan)
      if (Result<void> added = builder_.add_problem(group, "(plan)", "there is a second plan"); !added)
        return added;
    if (level.opened)
      if (Result<void> added = builder_.add_problem(group, level.opened->text, "its subtest was not closed");
          !added)
        return added;
    if (level.doubled)
      if (Result<void> added = builder_.add_problem(
              group, "(numbers)", fmt::format("the number {} came more than once", *level.doubled));
          !added)
        return added;
    if (!level.seen.empty() && (*level.seen.rbegin() > *level.planned || *level.seen.begin() < 1))
      if (Result<void> added = builder_.add_problem(
              group, "(plan)",
              fmt::format("the plan is 1..{}, but there is a test {}", *level.planned,
                          *level.seen.begin() < 1 ? *level.seen.begin() : *level.seen.rbegin()));
          !added)
        return added;
    return add_gaps(level);
  }

  Result<void> skipped_whole(const TapLevel& level) {
    TestResult result;
    result.name = "(all tests)";
    result.status = TestStatus::skipped;
    result.message = level.plan_reason;
    return builder_.add(std::move(result));
  }

  Result<void> add_gaps(const TapLevel& level) {
    int next = 1;
    std::size_t gaps = 0;
    const auto gap = [&](int until) {
      if (next >= until || gaps > k_max_gaps) return Result<void>{};
      TestResult result;
      const bool last = ++gaps > k_max_gaps;
      result.name = last                ? "more missing tests"
                    : next + 1 == until ? fmt::format("test {}", next)
                                        : fmt::format("tests {} to {}", next, until - 1);
      result.status = TestStatus::failed;
      result.message = fmt::format("planned (1..{}), but not there", *level.planned);
      return builder_.add(std::move(result));
    };
    for (const int number : level.seen) {
      if (number > *level.planned) break;
      if (Result<void> added = gap(number); !added) return added;
      next = std::max(next, number + 1);
    }
    return gap(*level.planned + 1);
  }

  Result<void> finish(bool cut) {
    if (yaml_.open() && last_test_) yaml_.give_to(builder_.results()[*last_test_]);
    if (Result<void> closed = close_to(0); !closed) return closed;
    if (Result<void> orphans = end_orphan(); !orphans) return orphans;
    if (Result<void> judged = judge(levels_.front()); !judged) return judged;
    if (!cut) return {};
    return builder_.add_problem("", "(end of the file)",
                                "the last line has no end: the file was cut, or needs a newline at its end");
  }

  RunBuilder builder_{"tap"};
  std::vector<TapLevel> levels_;
  std::optional<TapLevel> closed_;        ///< a subtest whose own line is next
  std::string named_;                     ///< by "# Subtest: name"
  std::optional<std::size_t> last_test_;  ///< the result that diagnostics belong to
  TapYaml yaml_;
  bool after_test_ = false, bailed_ = false;
};

/// Output of other tools may stand before the first line of TAP, but not CTest's: tests under it write TAP
/// too.
bool looks_like_tap(std::string_view bytes) {
  constexpr int k_lines = 200;
  LineReader lines(bytes);
  while (const auto text = lines.next()) {
    if (lines.number() > k_lines || text->starts_with("Test project ") || text->starts_with("{") ||
        text->starts_with("<"))
      return false;
    const TapLine line = read_tap_line(*text);
    if (line.indent == 0 && (line.kind == TapKind::version || line.kind == TapKind::plan ||
                             line.kind == TapKind::test || line.kind == TapKind::bail_out))
      return true;
  }
  return false;
}

const Registered<ResultFormat> k_tap{
    ResultFormat{.id = "tap",
                 .title = "Test Anything Protocol 12, 13 and 14: Perl, Node, tape, bats, pgTAP, Mocha",
                 .looks_like = looks_like_tap,
                 .read = [](std::string_view bytes) { return TapReader().read(bytes); }}};

}  // namespace
}  // namespace exai::suite
