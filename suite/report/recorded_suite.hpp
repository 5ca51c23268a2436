// A run of the suite as the store keeps runs of tests.
#pragma once

#include "store/spool.hpp"
#include "suite/run/case.hpp"
#include "suite/run/runner.hpp"

#include <string>
#include <vector>

namespace exai::suite {

/// `key` tells this run from every other. The name is "suite run": where it ran is the caller's to say.
store::RecordedTests recorded_suite(const std::vector<TestCase>& cases, const SuiteRun& run, std::string key,
                                    Wall began);

}  // namespace exai::suite
