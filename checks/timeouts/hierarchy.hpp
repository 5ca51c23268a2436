// Validators: each turns files or settings into one result with findings.
#pragma once

#include "core/config.hpp"
#include "core/report.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace exai::checks {

/// The hierarchy under one profile. The table of layers comes back as facts; findings name layer, both values
/// and fix.
CheckResult validate_timeouts(const Config& config, const std::string& profile);
/// Every known profile, one result each.
std::vector<CheckResult> validate_timeouts_all(const Config& config);
/// The table for a person: layer, value, source, formula, expected, difference, verdict.
std::vector<std::string> timeout_table(const Config& config, const std::string& profile);

/// Findings as one result: the worst of them is its status and its summary; `good` says it all when none has
/// weight.
CheckResult findings_result(std::vector<Finding> findings, std::string good);
/// What the judge of the effective configuration said.
CheckResult validate_config(std::vector<Finding> judgement);

}  // namespace exai::checks
