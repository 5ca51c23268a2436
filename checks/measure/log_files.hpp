// Which files of a folder belong to a log: itself and what was rotated away, by us or by logrotate.
#pragma once

#include "core/check.hpp"
#include "io/files.hpp"

#include <filesystem>
#include <memory>
#include <string_view>
#include <vector>

namespace exai::checks {

/// True for "NAME.log", "NAME.3.log" (our own rotation), "NAME.log.3", "NAME.log-20261126",
/// "NAME.log-2026-11-26", "NAME-20261126.log" and these with a time of day, each also compressed (.gz, .zst,
/// .xz, .bz2). A foreign file whose name only begins alike is none.
bool belongs_to_log(std::string_view file, std::string_view stem);

/// The files of a log in a folder, each content once: where a file stands beside its compressed copy, the
/// plain one counts. Oldest first, as far as names tell.
std::vector<std::filesystem::path> log_files(const std::filesystem::path& folder, std::string_view stem);

/// All regular files below log.dir, listed once a run.
std::shared_ptr<const Result<std::vector<io::FileFacts>>> log_folder(const CheckContext& context);

}  // namespace exai::checks
