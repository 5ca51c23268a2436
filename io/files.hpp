// Files: bounded reading, atomic replacing, locks, sizes.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::io {

/// The whole file, refusing more than `max_bytes`; "-" is standard input. A pipe is read to its end, until
/// the deadline. Errors are `missing_input` with the path and the system's reason, and say what to do for the
/// common ones.
Result<std::string> read_file(const std::filesystem::path& path,
                              std::uint64_t max_bytes = std::uint64_t{64} << 20U,
                              Deadline deadline = Deadline::after(std::chrono::seconds(30)));
/// What is at that name, links not followed: a dangling link is there. Only a name that surely is not there
/// counts as absent.
bool is_there(const std::filesystem::path& path);
/// True below /proc, /sys and their like, where nothing can be made whatever the mode says.
bool is_kernel_view(const std::filesystem::path& path);
/// The last `lines` lines, read from the end; of the first `until` bytes when that is given.
Result<std::vector<std::string>> tail_file(const std::filesystem::path& path, std::size_t lines,
                                           std::optional<std::uint64_t> until = std::nullopt);

/// The only writer of files that matter: temporary file in the same folder, fsync, rename, fsync of the
/// folder. `mode` as in chmod. Creates missing parent folders, and clears temporary files there that a
/// program of ours left when it was killed.
Result<void> write_atomic(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);
/// The same for a file that is not there yet: false, and nothing changed, when the name is taken.
Result<bool> write_new(const std::filesystem::path& path, std::string_view content, unsigned mode = 0644);
/// For a result that goes where a person said: a plain file is replaced and keeps its mode, links are
/// followed, and what is not a plain file (a pipe, a device, /dev/fd/N) is written to and stays what it is. A
/// pipe's reader is waited for until the deadline.
Result<void> write_output(const std::filesystem::path& path, std::string_view content, Deadline deadline);
Result<void> make_directories(const std::filesystem::path& path);
Result<void> change_mode(const std::filesystem::path& path, unsigned mode);
Result<void> remove_file(const std::filesystem::path& path);

/// An exclusive advisory lock held for the object's life; `refused` if another process holds it (with its
/// pid, when the file says one).
class LockFile {
 public:
  static Result<LockFile> acquire(const std::filesystem::path& path);
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;
  LockFile(const LockFile&) = delete;
  LockFile& operator=(const LockFile&) = delete;
  ~LockFile();
  /// Replaces the lock file's content (pid and ports as one JSON line).
  Result<void> write(std::string_view content);

 private:
  LockFile(int descriptor, std::filesystem::path path) : descriptor_(descriptor), path_(std::move(path)) {}
  int descriptor_ = -1;
  std::filesystem::path path_;
};

struct DiskSpace {
  std::uint64_t total = 0;
  std::uint64_t available = 0;
};
Result<DiskSpace> disk_space(const std::filesystem::path& path);

struct FileFacts {
  std::filesystem::path path;
  std::uint64_t size = 0;
  unsigned mode = 0;  ///< permission bits
  Wall written{};     ///< when its content was changed last
};
/// Regular files below a folder (not following links); `missing_input` when the folder is not there.
Result<std::vector<FileFacts>> list_files(const std::filesystem::path& folder, bool recursive = false);
Result<FileFacts> file_facts(const std::filesystem::path& path);

}  // namespace exai::io
