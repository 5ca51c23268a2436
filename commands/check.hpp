// Running a selection of checks, for `check run` and `doctor`.
#pragma once

#include "commands/common.hpp"

#include <vector>

namespace exai::commands {

/// The checks as a listing.
Outcome check_table(const std::vector<const Check*>& checks);
/// Whether results are written as they come, where the format can.
enum class Streaming : std::uint8_t { no, yes };
/// Runs them with progress, side by side or `one_by_one` up to the first failure.
Report run_checks(const std::vector<const Check*>& checks, const Context& context, std::string title,
                  bool one_by_one, Streaming streaming);

}  // namespace exai::commands
