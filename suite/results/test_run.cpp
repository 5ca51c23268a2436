#include "suite/results/test_run.hpp"

#include <algorithm>

namespace exai::suite {

std::string_view to_string(TestStatus status) {
  switch (status) {
    case TestStatus::passed:
      return "passed";
    case TestStatus::failed:
      return "failed";
    case TestStatus::skipped:
      return "skipped";
    case TestStatus::error:
      return "error";
  }
  return "error";
}

std::size_t TestRun::count(TestStatus status) const {
  return static_cast<std::size_t>(
      std::count_if(results.begin(), results.end(),
                    [status](const TestResult& result) { return result.status == status; }));
}

Status TestRun::verdict() const {
  if (count(TestStatus::failed) + count(TestStatus::error) > 0) return Status::fail;
  return count(TestStatus::passed) > 0 ? Status::pass : Status::unknown;
}

}  // namespace exai::suite
