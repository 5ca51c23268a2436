// The flags that every command takes, and their counterparts in the environment.
#pragma once

#include "cli/command.hpp"
#include "cli/command_line.hpp"

namespace exai::cli {

/// Reads the global flags out of the options; what the command redefines is its own.
Result<Globals> read_globals(const Command& command, const Args& args, Environment environment);

}  // namespace exai::cli
