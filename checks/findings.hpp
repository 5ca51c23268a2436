// Many findings as one result.
#pragma once

#include "core/report.hpp"

#include <string>
#include <vector>

namespace exai::checks {

/// Findings as one result: the worst of them is its status and its summary; `good` says it all when none has
/// weight.
CheckResult findings_result(std::vector<Finding> findings, std::string good);

}  // namespace exai::checks
