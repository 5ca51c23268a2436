// Asking before something is done that cannot be undone.
#pragma once

#include "commands/common.hpp"

#include <string>

namespace exai::commands {

/// Moderate danger: --yes, or y at a terminal. `refused` when neither, naming the flag.
Result<void> confirm(const Context& context, const std::string& question);
/// Severe danger: --confirm NAME, or the name typed at a terminal; --yes is not enough.
Result<void> confirm_by_name(const Args& args, const Context& context, const std::string& question,
                             const std::string& name);

}  // namespace exai::commands
