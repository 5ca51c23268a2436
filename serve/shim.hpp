// `exai serve --stdio --connect URL`: an editor's stdio on one side, a running server on the other.
#pragma once

#include "serve/options.hpp"

namespace exai::serve {

/// Runs until the end of input, SIGTERM, SIGINT or the death of the process that started it. Standard output
/// carries nothing but MCP.
Result<void> run_shim(const Config& config, const ServeOptions& options);

}  // namespace exai::serve
