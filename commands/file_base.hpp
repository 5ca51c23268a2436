// Where a server that a client started leaves its logs and its state.
#pragma once

#include "commands/common.hpp"
#include "serve/options.hpp"

namespace exai::commands {

/// Over standard input nobody chose the working folder: clients start servers in /, or where nothing may be
/// written. Without --root and without an .env or exai.yaml of ours, logs and state go to the user's state
/// folder; where that cannot be written either, nothing is kept, which is
/// said on standard error.
void choose_file_base(const Context& context, serve::ServeOptions& options);

}  // namespace exai::commands
