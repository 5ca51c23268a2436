// Collects the results of one file within the bounds of TestRun.
#pragma once

#include "core/result.hpp"
#include "suite/results/test_run.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace exai::suite {

/// Cleans and cuts all texts of a result, and drops a line that is none.
void keep_within_bounds(TestResult& result);

class RunBuilder {
 public:
  explicit RunBuilder(std::string_view format) { run_.format = format; }

  /// Keeps it within its bounds. `invalid` when there are more results or more text than is kept.
  Result<void> add(TestResult result);
  /// Something that was promised and is not there, or broke outside of any test: a result that is an error.
  Result<void> add_problem(std::string_view group, std::string_view name, std::string message);
  /// A line for a person; after the 50th they are only counted.
  void note(std::string_view text);

  void set_name(std::string_view name);        ///< the first one that is not empty counts
  void set_host(std::string_view host);        ///< the same
  void set_started(std::optional<Wall> when);  ///< the earliest counts
  void set_duration(std::optional<Micros> duration) { run_.duration = duration; }
  /// A property or variable of a CI job: takes branch and commit from those that name them.
  void take_property(std::string_view name, std::string_view value);

  /// What was added, in order; whoever changes one keeps it within its bounds.
  [[nodiscard]] std::vector<TestResult>& results() { return run_.results; }
  [[nodiscard]] std::size_t size() const { return run_.results.size(); }

  /// The run; adds up the durations of the tests when the whole has none.
  TestRun finish();

 private:
  TestRun run_;
  std::size_t kept_ = 0;
  std::size_t more_notes_ = 0;
};

}  // namespace exai::suite
