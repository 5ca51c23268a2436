// What several recorded runs say together: what changed from one to another, and which tests cannot make up
// their mind.
#pragma once

#include "store/results.hpp"

#include <string>
#include <vector>

namespace exai::suite {

/// One test in two runs. Tests are told apart by tool and variation; of several of one name the worst counts.
struct TestChange {
  enum class Kind : std::uint8_t { broken, fixed, added, gone };
  Kind kind = Kind::broken;
  std::string test;    ///< "chat edge_cases"
  std::string detail;  ///< why it fails now, of a broken or added one
};
/// "broken", "fixed", "new", "gone".
std::string_view to_string(TestChange::Kind kind);

/// Sorted by kind, then by name. A test that was skipped or is skipped now is no change, unless it fails.
std::vector<TestChange> compare_runs(const std::vector<store::ResultRecord>& before,
                                     const std::vector<store::ResultRecord>& after);

struct FlakyTest {
  std::string test;
  std::size_t runs = 0, failures = 0;  ///< runs in which it was executed
  std::size_t changes = 0;             ///< from pass to fail or back, from run to run
};
/// Tests that changed at least twice, most changes first: one that broke, or broke and was mended once, is
/// none. `runs` in the order of time.
std::vector<FlakyTest> flaky_tests(const std::vector<std::vector<store::ResultRecord>>& runs);

}  // namespace exai::suite
