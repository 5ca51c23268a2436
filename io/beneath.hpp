// Files below a folder, opened so that no link, no race and no odd kind of file leads elsewhere.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace exai::io {

/// An open regular file or folder; closed with the object.
class Opened {
 public:
  explicit Opened(int descriptor) : descriptor_(descriptor) {}
  Opened(Opened&& other) noexcept
      : is_folder(other.is_folder),
        size(other.size),
        links(other.links),
        descriptor_(std::exchange(other.descriptor_, -1)) {}
  Opened& operator=(Opened&& other) noexcept;
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
  ~Opened();
  [[nodiscard]] int descriptor() const { return descriptor_; }
  /// A name that other libraries can open it by: the same file, whatever its path leads to by now. Valid as
  /// long as the object.
  [[nodiscard]] std::filesystem::path alias() const;

  bool is_folder = false;
  std::uint64_t size = 0, links = 1;

 private:
  int descriptor_;
};

/// The folder itself; links that lead there are followed.
Result<Opened> open_folder(const std::filesystem::path& folder);

/// What lies at the path below the folder ("" = the folder itself). The path has no links in it and none
/// upwards, as canonical paths have none: a link found on the way was put there since, and is refused. Never
/// blocks on a pipe. Errors: `refused` (a link), `missing_input` (not there, not readable, no regular file or
/// folder).
Result<Opened> open_beneath(const Opened& folder, const std::filesystem::path& below);

/// The same for kernels (and filters) without openat2, which open_beneath() turns to by itself: component by
/// component, none of which may be a link.
Result<Opened> open_beneath_by_steps(const Opened& folder, const std::filesystem::path& below);

struct FolderEntry {
  std::string name;
  bool is_folder = false;
  std::uint64_t size = 0;
};
/// Regular files and folders in it, sorted by name; links and all else left out. `max` bounds what is looked
/// at.
Result<std::vector<FolderEntry>> entries(const Opened& folder, std::size_t max);

/// Appends the file's bytes to `text`, without a copy between. `invalid` when there are more than `max`;
/// then the text is as before.
Result<std::size_t> append_file(const Opened& file, std::string& text, std::uint64_t max);

/// SHA-256 of the file's bytes, read in pieces.
Result<std::string> digest_of(const Opened& file);

}  // namespace exai::io
