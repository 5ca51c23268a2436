// The timeout hierarchy judged by a profile, as results: for the check and for `exai validate timeouts`.
#pragma once

#include "core/config.hpp"
#include "core/report.hpp"

#include <string>
#include <vector>

namespace exai::checks {

/// The hierarchy under one profile. The table of layers comes back as facts; findings name layer, both values
/// and fix.
CheckResult validate_timeouts(const Config& config, const std::string& profile);
/// Every known profile, one result each.
std::vector<CheckResult> validate_timeouts_all(const Config& config, const Clock& clock);
/// The table for a person: layer, value, source, formula, expected, difference, verdict.
std::vector<std::string> timeout_table(const Config& config, const std::string& profile);

}  // namespace exai::checks
