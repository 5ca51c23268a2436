// A command step of a runbook: another exai, asked for JSON.
#pragma once

#include "core/deadline.hpp"
#include "core/report.hpp"

#include <stop_token>
#include <string>
#include <vector>

namespace exai::runbooks {

/// Runs these words in a child of this binary, after `flags` (where its configuration comes from), and reads
/// its verdict. It is unknown when it does not end in time.
CheckResult run_in_child(const std::vector<std::string>& words, const std::vector<std::string>& flags,
                         Deadline deadline, const std::stop_token& stop, const Clock& clock);

}  // namespace exai::runbooks
