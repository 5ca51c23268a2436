// The steps of a runbook as tasks of the executor.
#pragma once

#include "checks/run.hpp"
#include "runbooks/runbook.hpp"

#include <functional>
#include <stop_token>
#include <vector>

namespace exai::runbooks {

/// Runs "exai WORDS" of a command step and gives its result.
using CommandRunner = std::function<CheckResult(const Step&, Deadline, std::stop_token)>;

/// Groups and steps in their order. A step's timeout bounds it; a command without one has a minute. A human
/// step is outstanding (cause human). Commands may change what checks measure.
std::vector<checks::TaskGroup> tasks_of(const Runbook& runbook, const CommandRunner& run_command);

}  // namespace exai::runbooks
