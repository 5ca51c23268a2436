// Dry run, enforced where it counts: in the layer that opens sockets and writes files.
#pragma once

#include "core/result.hpp"

#include <string>
#include <string_view>

namespace exai::io {

/// Set once at start by `--dry-run`, before any thread.
void set_dry_run(bool on);
bool dry_run();

/// No HTTP and no WebSocket goes out any more: `why` says so in the error. Set once at start, before any
/// thread ("a cassette plays").
void set_offline(std::string why);
/// `refused` when offline or in a dry run, naming the address ("127.0.0.1:8079"); else success.
Result<void> permit_connection(std::string_view address);

/// `refused` in a dry run, saying what would have been done ("connect to 127.0.0.1:8079"); else success.
Result<void> permit(std::string_view what);

}  // namespace exai::io
