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

/// One env file: format, names, values. Without a file that exists: missing_input as `unknown`.
CheckResult validate_env_file(const std::filesystem::path& file);
/// The effective configuration and its sources (findings of loading).
CheckResult validate_config(const Config& config, const std::vector<Finding>& findings);

}  // namespace exai::checks
