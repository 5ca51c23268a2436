// What a server starts with: its process, its log, its cassette.
#pragma once

#include "io/log.hpp"
#include "serve/options.hpp"

#include <memory>

namespace exai::serve {

/// What must hold before the first thread: broken pipes are errors, not deaths, and no secret ends in a core
/// file.
void harden();

io::LogLevel log_level(const Config& config);
/// The log in log.dir, with every configured secret kept out of it.
Result<std::unique_ptr<io::Log>> open_log(const Config& config, const ServeOptions& options);

/// Reads the cassette to play, if there is one.
Result<void> check_cassette(const ServeOptions& options);

}  // namespace exai::serve
