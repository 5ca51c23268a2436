// Running tasks with progress on standard error and results as they come: for `check run`, `doctor` and
// `runbook run`.
#pragma once

#include "checks/run.hpp"
#include "commands/common.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace exai::commands {

/// Whether results are written as they come, where the format can.
enum class Streaming : std::uint8_t { no, yes };

/// A new report of that title with the results; `fail_fast` as in checks::RunOptions.
Report run_tasks(const std::vector<checks::TaskGroup>& groups, const Context& context, std::string title,
                 bool fail_fast, Streaming streaming);

}  // namespace exai::commands
