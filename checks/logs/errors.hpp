// The judgement of a scanned server log: for the checks of logs and for `exai log errors`.
#pragma once

#include "checks/measure/server_log.hpp"

#include <optional>

namespace exai::checks {

/// The judgement of a scan, as `exai log errors` and the daily runbook use it.
CheckResult judge_errors(const LogScan& scan, const std::filesystem::path& folder);

/// Why nothing can be said by a scan in which nothing wrong was found; nothing when all was read.
std::optional<CheckResult> incomplete(const LogScan& scan);

}  // namespace exai::checks
