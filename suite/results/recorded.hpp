// Files of results as the run that the store keeps.
#pragma once

#include "store/spool.hpp"
#include "suite/results/test_run.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// What is known of a run beside its file. Each wins over what the file says, unless it is empty.
struct RunOrigin {
  std::string name{}, host{}, branch{}, commit{};
  std::string branch_here{}, commit_here{}, host_here{};  ///< for what neither says: of the job that records
  Wall now{};                                             ///< when neither says when it ran
};

/// Several files of one job as one run: a Maven build, for one, writes a file a class. Begun with the first,
/// as long as all together.
TestRun merged_runs(std::vector<TestRun> runs);

/// What tells a run from every other: the SHA-256 of its file, or of those of its files in whatever order.
/// The same file twice counts once.
std::string run_key(std::vector<std::string> digests);

/// A test's group is its tool, its name the variation; without a group the name is the tool.
store::RecordedTests recorded_tests(const TestRun& run, std::string key, const RunOrigin& origin);

}  // namespace exai::suite
