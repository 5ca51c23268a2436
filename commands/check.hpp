// Running a selection of checks, for `check run` and `doctor`.
#pragma once

#include "commands/run_tasks.hpp"

#include <vector>

namespace exai::commands {

/// The checks as a listing.
Outcome check_table(const std::vector<const Check*>& checks);
/// Runs them with progress, cheap ones first and side by side, or with `fail_fast` in order of their ids up
/// to the first failure.
Report run_checks(const std::vector<const Check*>& checks, const Context& context, std::string title,
                  bool fail_fast, Streaming streaming);

}  // namespace exai::commands
