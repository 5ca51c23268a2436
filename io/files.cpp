#include "io/files.hpp"

#include "core/file_names.hpp"
#include "core/json.hpp"
#include "io/guard.hpp"
#include "io/poll_until.hpp"

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <deque>
#include <optional>

#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <fcntl.h>
#include <linux/magic.h>
#include <unistd.h>

namespace exai::io {
namespace {

// Closes what it holds; -1 holds nothing.
class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor(Descriptor&&) = delete;
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  [[nodiscard]] int get() const { return value_; }

 private:
  int value_;
};

std::string reason(int code) {
  std::string text = std::strerror(code);
  if (!text.empty()) text[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])));
  return text;
}

Error unreadable(const std::filesystem::path& path, int code) {
  std::string hint = code == ENOENT   ? "check the path"
                     : code == EACCES ? fmt::format("ls -l {} shows who may read it", path.string())
                     : code == EISDIR ? "name a file, not a folder"
                                      : "";
  return make_error(ErrorKind::missing_input, fmt::format("cannot read {}: {}", path.string(), reason(code)),
                    std::move(hint));
}

Error unwritable(const std::filesystem::path& path, int code) {
  const std::string hint = code == ENOSPC
                               ? "make room on the disk (df -h)"
                               : fmt::format("ls -ld {} shows who may write there", folder_of(path).string());
  return make_error(ErrorKind::refused, fmt::format("cannot write {}: {}", path.string(), reason(code)),
                    hint);
}

Result<std::string> read_all(int descriptor, const std::filesystem::path& path, std::uint64_t max_bytes,
                             Deadline deadline) {
  std::string text;
  char buffer[65536];
  while (true) {
    // A pipe may have its writer still to come; a plain file is always ready.
    if (!poll_until(descriptor, POLLIN, deadline))
      return fail(ErrorKind::missing_input, fmt::format("{} did not come to its end in time", path.string()),
                  "end what writes there, or give more time with --timeout");
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got < 0) return fail(unreadable(path, errno));
    if (got == 0) return text;
    text.append(buffer, static_cast<std::size_t>(got));
    if (text.size() > max_bytes)
      return fail(ErrorKind::missing_input,
                  fmt::format("{} is larger than {} bytes", path.string(), max_bytes), "name a smaller file");
  }
}

bool write_all(int descriptor, std::string_view content) {
  while (!content.empty()) {
    const ssize_t put = write(descriptor, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) return false;
    content.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

/// The process of a temporary file's name: ".NAME.exai-PID-XXXXXX".
std::optional<pid_t> writer_of(std::string_view name) {
  constexpr std::string_view k_mark = ".exai-";
  constexpr std::size_t k_random = 6;
  const std::size_t mark = name.rfind(k_mark);
  if (!name.starts_with('.') || mark == std::string_view::npos || mark < 2) return std::nullopt;
  const std::string_view tail = name.substr(mark + k_mark.size());
  const std::size_t dash = tail.find('-');
  if (dash == std::string_view::npos || tail.size() - dash - 1 != k_random) return std::nullopt;
  pid_t pid = 0;
  const auto [end, problem] = std::from_chars(tail.data(), tail.data() + dash, pid);
  if (problem != std::errc{} || end != tail.data() + dash || pid <= 0) return std::nullopt;
  return pid;
}

/// Removes temporary files of ours whose writer was killed: it is gone and no longer holds the file's lock.
void clear_left_behind(const std::filesystem::path& folder) {
  constexpr int k_max_entries = 10'000;  // a folder may hold anything
  int looked_at = 0;
  std::error_code problem;
  for (std::filesystem::directory_iterator item(folder, problem), end;
       !problem && item != end && looked_at < k_max_entries; item.increment(problem), ++looked_at) {
    const auto pid = writer_of(item->path().filename().string());
    if (!pid || kill(*pid, 0) == 0 || errno != ESRCH) continue;
    const Descriptor file(open(item->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    struct stat facts {};
    if (file.get() < 0 || fstat(file.get(), &facts) != 0) continue;
    if (S_ISREG(facts.st_mode) && facts.st_uid == geteuid() && flock(file.get(), LOCK_EX | LOCK_NB) == 0)
      (void)unlink(item->path().c_str());
  }
}

}  // namespace

bool is_there(const std::filesystem::path& path) {
  struct stat facts {};
  return lstat(path.c_str(), &facts) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

bool is_kernel_view(const std::filesystem::path& path) {
  struct statfs facts {};
  if (statfs(path.c_str(), &facts) != 0) return false;
  return facts.f_type == PROC_SUPER_MAGIC || facts.f_type == SYSFS_MAGIC ||
         facts.f_type == CGROUP2_SUPER_MAGIC;
}

Result<std::string> read_file(const std::filesystem::path& path, std::uint64_t max_bytes, Deadline deadline) {
  if (path == "-") return read_all(STDIN_FILENO, "standard input", max_bytes, deadline);
  // O_NONBLOCK: a FIFO or a device named by mistake must not hang the program beyond the deadline.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return fail(unreadable(path, errno));
  struct stat facts {};
  if (fstat(file.get(), &facts) != 0) return fail(unreadable(path, errno));
  if (S_ISDIR(facts.st_mode)) return fail(unreadable(path, EISDIR));
  return read_all(file.get(), path, max_bytes, deadline);
}

Result<std::vector<std::string>> tail_file(const std::filesystem::path& path, std::size_t lines,
                                           std::optional<std::uint64_t> until) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (file.get() < 0) return fail(unreadable(path, errno));
  constexpr off_t k_block = 65536;
  off_t at = lseek(file.get(), 0, SEEK_END);
  if (until) at = std::min(at, static_cast<off_t>(*until));
  std::string text;
  const auto newlines = [&] { return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')); };
  while (at > 0 && newlines() <= lines) {
    const off_t begin = std::max<off_t>(0, at - k_block);
    std::string block(static_cast<std::size_t>(at - begin), '\0');
    const ssize_t got = pread(file.get(), block.data(), block.size(), begin);
    if (got < 0) return fail(unreadable(path, errno));
    block.resize(static_cast<std::size_t>(got));
    text.insert(0, block);
    at = begin;
  }
  std::deque<std::string> last;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    last.push_back(text.substr(from, end - from));
    if (last.size() > lines) last.pop_front();
    from = end + 1;
  }
  return std::vector<std::string>(last.begin(), last.end());
}

Result<void> make_directories(const std::filesystem::path& path) {
  if (path.empty() || std::filesystem::is_directory(path)) return {};
  if (const Result<void> allowed = permit(fmt::format("create {}", path.string())); !allowed) return allowed;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return fail(unwritable(path, error.value()));
  return {};
}

Result<void> change_mode(const std::filesystem::path& path, unsigned mode) {
  if (const Result<void> allowed = permit(fmt::format("chmod {:o} {}", mode, path.string())); !allowed)
    return allowed;
  // Through a descriptor: what stands under the name is what was looked at, and no link is followed.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.get() < 0 || fchmod(file.get(), mode) != 0) return fail(unwritable(path, errno));
  return {};
}

Result<void> remove_file(const std::filesystem::path& path) {
  if (const Result<void> allowed = permit(fmt::format("remove {}", path.string())); !allowed) return allowed;
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return fail(unwritable(path, errno));
  return {};
}

namespace {

/// Gives a finished temporary file its name; false with errno when that failed.
using Publish = bool (*)(const char* temporary, const char* name);

bool replace_name(const char* temporary, const char* name) {
  return rename(temporary, name) == 0;
}

/// EEXIST when the name is taken.
bool take_free_name(const char* temporary, const char* name) {
  if (renameat2(AT_FDCWD, temporary, AT_FDCWD, name, RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;  // some file systems know it by hard links only
  return link(temporary, name) == 0 && unlink(temporary) == 0;
}

/// The content under a temporary name, synced, then under its own. The errno of what failed, or 0.
int write_and_publish(const std::filesystem::path& path, std::string_view content, unsigned mode,
                      Publish publish) {
  const std::filesystem::path folder = folder_of(path);
  clear_left_behind(folder);
  // Long names would not fit with what is added to them.
  std::string temporary =
      (folder / fmt::format(".{}.exai-{}-XXXXXX", path.filename().string().substr(0, 200), getpid()))
          .string();
  const Descriptor file(mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return errno;
  (void)flock(file.get(), LOCK_EX | LOCK_NB);  // says that its writer lives, also to other containers
  const bool written = fchmod(file.get(), mode) == 0 && write_all(file.get(), content) &&
                       fsync(file.get()) == 0 && publish(temporary.c_str(), path.c_str());
  if (!written) {
    const int code = errno;
    unlink(temporary.c_str());
    return code;
  }
  // The new name itself is durable only once the folder is.
  const Descriptor directory(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return directory.get() < 0 || fsync(directory.get()) != 0 ? errno : 0;
}

}  // namespace

Result<void> write_atomic(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  if (const Result<void> allowed = permit(fmt::format("write {}", path.string())); !allowed) return allowed;
  if (const Result<void> made = make_directories(folder_of(path)); !made) return made;
  const int code = write_and_publish(path, content, mode, replace_name);
  return code == 0 ? Result<void>() : fail(unwritable(path, code));
}

Result<bool> write_new(const std::filesystem::path& path, std::string_view content, unsigned mode) {
  if (const Result<void> allowed = permit(fmt::format("write {}", path.string())); !allowed)
    return fail(allowed.error());
  if (const Result<void> made = make_directories(folder_of(path)); !made) return fail(made.error());
  const int code = write_and_publish(path, content, mode, take_free_name);
  if (code == EEXIST) return false;
  return code == 0 ? Result<bool>(true) : fail(unwritable(path, code));
}

Result<LockFile> LockFile::acquire(const std::filesystem::path& path) {
  if (const Result<void> made = make_directories(folder_of(path)); !made) return fail(made.error());
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) return fail(unwritable(path, errno));
  if (flock(descriptor, LOCK_EX | LOCK_NB) == 0) return LockFile(descriptor, path);
  const Result<std::string> owner =
      read_all(descriptor, path, 4096, Deadline::after(std::chrono::seconds(1)));
  close(descriptor);
  const Result<std::string> pid =
      owner.and_then([](const std::string& text) { return json_at(text, "pid"); });
  const std::string who = pid ? fmt::format(", pid {}", *pid) : "";
  return fail(ErrorKind::refused, fmt::format("{} is held by another process{}", path.string(), who),
              "exai status shows it; exai stop ends it");
}

LockFile::LockFile(LockFile&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

LockFile& LockFile::operator=(LockFile&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(path_, other.path_);
  return *this;
}

LockFile::~LockFile() {
  if (descriptor_ < 0) return;
  // Emptied, not removed: removing a lock file that another process may just have opened would split the
  // lock.
  if (ftruncate(descriptor_, 0) != 0) errno = 0;
  close(descriptor_);
}

Result<void> LockFile::write(std::string_view content) {
  if (ftruncate(descriptor_, 0) != 0 || lseek(descriptor_, 0, SEEK_SET) != 0 ||
      !write_all(descriptor_, content) || fsync(descriptor_) != 0)
    return fail(unwritable(path_, errno));
  return {};
}

Result<DiskSpace> disk_space(const std::filesystem::path& path) {
  struct statvfs facts {};
  if (statvfs(path.c_str(), &facts) != 0) return fail(unreadable(path, errno));
  return DiskSpace{facts.f_blocks * facts.f_frsize, facts.f_bavail * facts.f_frsize};
}

Result<FileFacts> file_facts(const std::filesystem::path& path) {
  struct stat facts {};
  if (stat(path.c_str(), &facts) != 0) return fail(unreadable(path, errno));
  const auto written =
      std::chrono::seconds(facts.st_mtim.tv_sec) + std::chrono::nanoseconds(facts.st_mtim.tv_nsec);
  return FileFacts{path, static_cast<std::uint64_t>(facts.st_size), facts.st_mode & 07777U,
                   Wall(std::chrono::duration_cast<Wall::duration>(written))};
}

Result<std::vector<FileFacts>> list_files(const std::filesystem::path& folder, bool recursive) {
  std::error_code error;
  std::vector<FileFacts> files;
  const auto take = [&](const std::filesystem::directory_entry& entry) {
    std::error_code ignored;
    if (!entry.is_regular_file(ignored) || entry.is_symlink(ignored)) return;
    // A file that vanished between the listing and here is not an error: logs rotate.
    if (Result<FileFacts> facts = file_facts(entry.path())) files.push_back(std::move(*facts));
  };
  if (recursive) {
    for (auto at = std::filesystem::recursive_directory_iterator(folder, error);
         !error && at != std::filesystem::recursive_directory_iterator(); at.increment(error))
      take(*at);
  } else {
    for (auto at = std::filesystem::directory_iterator(folder, error);
         !error && at != std::filesystem::directory_iterator(); at.increment(error))
      take(*at);
  }
  if (error) return fail(unreadable(folder, error.value()));
  std::sort(files.begin(), files.end(),
            [](const FileFacts& a, const FileFacts& b) { return a.path < b.path; });
  return files;
}

}  // namespace exai::io
