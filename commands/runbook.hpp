// Finding and judging runbooks, for `runbook` and `validate runbooks`.
#pragma once

#include "commands/common.hpp"
#include "runbooks/runbook.hpp"

#include <string>
#include <vector>

namespace exai::commands {

/// The runbook of that name: a file when the name ends in .yaml, else `runbooks/NAME.yaml` below the root,
/// else the built-in one. Failing findings make it a config error that names the first of them.
Result<runbooks::Runbook> load_runbook(const std::string& name, const Context& context);
/// Files, or the built-in ones; one result each.
std::vector<CheckResult> validate_runbooks(const std::vector<std::string>& files, const Context& context);
/// Runs the words of a command step in a child of this binary and reads its verdict.
CheckResult run_command_step(const runbooks::Step& step, const Context& context, Deadline deadline,
                             std::stop_token stop);

}  // namespace exai::commands
