// What CTest prints, as it stands in the log of a CI job.
#pragma once

#include "core/result.hpp"
#include "suite/results/test_run.hpp"

#include <string_view>

namespace exai::suite {

/// Whether one of the first 500 lines is one of CTest's.
bool is_ctest_output(std::string_view bytes);

/// "1/27 Test #20: name ....   Passed    1.20 sec" and the lines around it; of a test that was repeated the
/// last time counts. Without its last line, the total time, the run was cut, which is a result that is an
/// error.
Result<TestRun> read_ctest_output(std::string_view bytes);

}  // namespace exai::suite
