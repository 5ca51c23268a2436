// What the judge of the configuration said, as one result: for the check and for `exai validate`.
#pragma once

#include "core/report.hpp"

#include <vector>

namespace exai::checks {

/// What the judge of the effective configuration said.
CheckResult validate_config(std::vector<Finding> judgement);

}  // namespace exai::checks
