// The runbooks of the deployment, for `runbook` and `validate runbooks`.
#pragma once

#include "commands/common.hpp"
#include "runbooks/files.hpp"

namespace exai::commands {

/// Those below the root and the built-in ones; their commands are read as the command line itself reads them.
runbooks::Library runbook_library(const Context& context);

}  // namespace exai::commands
