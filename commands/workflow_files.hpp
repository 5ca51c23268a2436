// What is wrong with workflow tools, for validate.
#pragma once

#include "commands/common.hpp"
#include "core/check.hpp"

#include <string>
#include <vector>

namespace exai::commands {

/// One result a workflow. No names stand for the built-in workflows and those of workflows.dir; a folder for
/// all workflows in it.
std::vector<CheckResult> validate_workflows(const std::vector<std::string>& names, const Context& context);

}  // namespace exai::commands
