// What a folder means when a caller names it: the files in it that a person would send along.
#pragma once

#include "io/beneath.hpp"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace exai::engine {

struct FoundFile {
  std::filesystem::path below;  ///< path below the root
  std::uint64_t bytes = 0;
};

struct FoundFiles {
  std::vector<FoundFile> files;  ///< sorted, a folder's own files before those of its folders
  bool more = false;             ///< the bound was reached
};

/// Files of the folder `below` the root, without secrets, without links and without the folders of version
/// control, builds, environments and caches; `max` at most.
Result<FoundFiles> folder_files(const io::Opened& root, const std::filesystem::path& below, std::size_t max);

}  // namespace exai::engine
