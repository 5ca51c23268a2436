// A run of cases as results of a report, which every writer of reports can write.
#pragma once

#include "core/report.hpp"
#include "suite/run/case.hpp"
#include "suite/run/runner.hpp"

#include <string>
#include <vector>

namespace exai::suite {

/// What names a case everywhere: "chat.model_selection.glm-4.6"; blanks are hyphens.
std::string case_id(const TestCase& test);

/// A result a case, in their order, and one that judges the rate of passes among those that ran
/// ("suite.rate"), which decides instead of them; one more when the run was stopped ("suite.stopped"). No
/// text holds a time.
std::vector<CheckResult> case_results(const std::vector<TestCase>& cases, const SuiteRun& run,
                                      double min_pass_rate);

}  // namespace exai::suite
