// Dry run, enforced where it counts: in the layer that opens sockets and writes files.
#pragma once

#include "core/result.hpp"

#include <string_view>

namespace exai::io {

/// Set once at start by `--dry-run`, before any thread.
void set_dry_run(bool on);
bool dry_run();

/// `refused` in a dry run, saying what would have been done ("connect to 127.0.0.1:8079"); else success.
Result<void> permit(std::string_view what);

}  // namespace exai::io
