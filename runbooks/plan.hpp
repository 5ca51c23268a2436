// A runbook made ready: what its steps name is there, and which of them are to run.
#pragma once

#include "core/result.hpp"
#include "runbooks/runbook.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace exai::runbooks {

/// An error with the nearest name when no check has that id.
Result<void> judge_check(const std::string& id);

/// Keeps the steps of `only` when it names any, and of those the ones from `from` on; an unknown id is a
/// usage error.
Result<void> narrow(Runbook& runbook, const std::vector<std::string>& only,
                    const std::optional<std::string>& from);

/// A step as a person reads it before it runs.
struct PlannedStep {
  std::string group, id;
  std::string kind;  ///< "check", "command", "human"
  std::string what;  ///< the check's id, the whole command, the task
  std::string source;
};
std::vector<PlannedStep> plan_of(const Runbook& runbook);

std::size_t count_steps(const Runbook& runbook);

}  // namespace exai::runbooks
