// Runs of tests with their results, from the suite or from any tool's report.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::store {

enum class Outcome : std::uint8_t { pass, fail, skip, error };
/// As the tables have it: "PASS", "FAIL", "SKIP", "ERROR".
std::string_view to_string(Outcome outcome);
/// The other way; nothing for any other word.
std::optional<Outcome> outcome_of(std::string_view word);

struct ResultRecord {
  std::string tool, variation;  ///< what was tested, and which case of it
  std::string provider, model;  ///< empty where none was asked
  Outcome status = Outcome::error;
  std::string execution;  ///< how the call itself ended, where one was made: "success", "consensus_failed"
  std::optional<double> duration;  ///< seconds
  std::optional<double> memory_mb, cpu_percent, cost_usd;
  std::optional<std::int64_t> tokens;
  std::optional<std::int64_t> quality;  ///< a watcher's, 1 to 10
  std::string input, output, error;
  std::string file;  ///< where the test stands, as its tool writes it
  std::optional<std::int64_t> line;
};

struct TestRunRecord {
  std::int64_t id = 0;  ///< the home's; 0 = not saved yet
  /// What tells this run from every other: saved again under the same key it is the same run.
  std::string key;
  Wall at{};  ///< when it began
  std::string name, format, host, branch, commit, watcher, notes;
  std::int64_t total = 0, passed = 0, failed = 0, skipped = 0, errored = 0;  ///< save() counts them itself
  std::optional<double> pass_rate;  ///< percent of those that were executed
  std::optional<double> duration, cost_usd;
};

struct RunFilter {
  std::string branch{};  ///< empty = any
  std::string name{};    ///< empty = any
  std::optional<Wall> since{};
  std::size_t max = 20;
};

struct FailingTool {
  std::string tool;
  std::int64_t failures = 0;
  Wall last{};
};

/// Thread-safe; every call blocks for at most the statement timeout of its home, save() for that time a
/// hundred results.
class TestRuns {
 public:
  struct Saved {
    std::int64_t id = 0;
    bool anew = false;  ///< false: it was there already, and nothing was changed
  };
  virtual ~TestRuns() = default;
  /// Run and results in one transaction; returns after the commit. Counts, pass rate, duration and cost are
  /// those of the results where the run says none.
  virtual Result<Saved> save(const TestRunRecord& run, const std::vector<ResultRecord>& results) = 0;
  /// Newest first.
  virtual Result<std::vector<TestRunRecord>> list(const RunFilter& filter) = 0;
  /// `not_found` when there is none of that id.
  virtual Result<TestRunRecord> find(std::int64_t id) = 0;
  /// In their order.
  virtual Result<std::vector<ResultRecord>> results(std::int64_t run) = 0;
  /// Of results since then, most failures first.
  virtual Result<std::vector<FailingTool>> failing(Wall since, std::size_t max) = 0;
};

}  // namespace exai::store
