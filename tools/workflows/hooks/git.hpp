// Asking git about a working tree: no shell, a deadline, bounded output, and nothing that the repository's
// own configuration could make it run.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace exai::tools {

struct GitAnswer {
  std::string text;
  bool cut = false;  ///< there was more
  int status = 0;    ///< exit code; 0 when cut
};

/// `git -C folder ARG...`. Errors: `unreachable` (no git, or no end before the deadline).
Result<GitAnswer> git(const std::filesystem::path& folder, const std::vector<std::string>& arguments,
                      std::size_t max_bytes, Deadline deadline);

/// The paths (below the folder) of what differs from HEAD in the working tree, new files too; at most `most`,
/// without those that may hold secrets.
Result<std::vector<std::string>> changed_files(const std::filesystem::path& folder, std::size_t most,
                                               Deadline deadline);

}  // namespace exai::tools
