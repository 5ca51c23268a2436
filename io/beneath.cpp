#include "io/beneath.hpp"

#include "core/digest.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>

#include <fmt/core.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <unistd.h>

namespace exai::io {
namespace {

constexpr int k_flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;

Error unopened(int code) {
  if (code == ELOOP || code == EXDEV)
    return make_error(ErrorKind::refused, "a link leads elsewhere", "name the file itself");
  return make_error(ErrorKind::missing_input, std::strerror(code), "check the path and its permissions");
}

int walk(int folder, const std::filesystem::path& below) {
  if (below.empty()) return openat(folder, ".", k_flags);
  int at = fcntl(folder, F_DUPFD_CLOEXEC, 0);
  for (auto part = below.begin(); at >= 0 && part != below.end(); ++part) {
    if (*part == "..") errno = EXDEV;
    const bool last = std::next(part) == below.end();
    const int next =
        *part == ".." ? -1
                      : openat(at, part->c_str(),
                               last ? k_flags | O_NOFOLLOW : O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    // A link in the middle is "no folder" here; it is no more than that to a canonical path.
    const int code = errno == ENOTDIR ? ELOOP : errno;
    close(at);
    errno = code;
    at = next;
  }
  return at;
}

int open_strictly(int folder, const std::filesystem::path& below) {
  static std::atomic<bool> missing = false;
  if (!missing) {
    open_how how{};
    how.flags = static_cast<__u64>(k_flags);
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
    const std::string path = below.empty() ? "." : below.string();
    const long opened = syscall(SYS_openat2, folder, path.c_str(), &how, sizeof how);
    if (opened >= 0 || (errno != ENOSYS && errno != EPERM)) return static_cast<int>(opened);
    missing = errno == ENOSYS;
  }
  return walk(folder, below);
}

Result<Opened> examined(int descriptor) {
  if (descriptor < 0) return fail(unopened(errno));
  Opened opened(descriptor);
  struct stat facts {};
  if (fstat(descriptor, &facts) != 0) return fail(unopened(errno));
  if (!S_ISREG(facts.st_mode) && !S_ISDIR(facts.st_mode))
    return fail(ErrorKind::missing_input, "no regular file", "name files or folders");
  opened.is_folder = S_ISDIR(facts.st_mode);
  opened.size = static_cast<std::uint64_t>(facts.st_size);
  opened.links = facts.st_nlink;
  return opened;
}

}  // namespace

Opened& Opened::operator=(Opened&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  is_folder = other.is_folder;
  size = other.size;
  links = other.links;
  return *this;
}

Opened::~Opened() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::filesystem::path Opened::alias() const {
  return fmt::format("/proc/self/fd/{}", descriptor_);
}

Result<Opened> open_folder(const std::filesystem::path& folder) {
  return examined(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
}

Result<Opened> open_beneath(const Opened& folder, const std::filesystem::path& below) {
  return examined(open_strictly(folder.descriptor(), below));
}

Result<Opened> open_beneath_by_steps(const Opened& folder, const std::filesystem::path& below) {
  return examined(walk(folder.descriptor(), below));
}

Result<std::vector<FolderEntry>> entries(const Opened& folder, std::size_t max) {
  const int own = openat(folder.descriptor(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const stream = own < 0 ? nullptr : fdopendir(own);
  if (stream == nullptr) {
    const int code = errno;
    if (own >= 0) close(own);
    return fail(unopened(code));
  }
  std::vector<FolderEntry> found;
  for (const dirent* entry = readdir(stream); entry != nullptr && max > 0; entry = readdir(stream), --max) {
    const std::string name(static_cast<const char*>(entry->d_name));
    struct stat facts {};
    if (name == "." || name == ".." || fstatat(own, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    if (S_ISREG(facts.st_mode) || S_ISDIR(facts.st_mode))
      found.push_back({name, S_ISDIR(facts.st_mode), static_cast<std::uint64_t>(facts.st_size)});
  }
  closedir(stream);
  std::sort(found.begin(), found.end(),
            [](const FolderEntry& a, const FolderEntry& b) { return a.name < b.name; });
  return found;
}

Result<std::size_t> append_file(const Opened& file, std::string& text, std::uint64_t max) {
  const std::size_t before = text.size();
  std::size_t filled = before;
  // One byte more than the file had when it was opened, so that the end shows without growing again.
  text.resize(before + static_cast<std::size_t>(std::min(file.size, max)) + 1);
  for (;;) {
    if (filled == text.size()) text.resize(text.size() + 4096);
    const ssize_t got = read(file.descriptor(), text.data() + filled, text.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const int code = errno;
      text.resize(before);
      return fail(unopened(code));
    }
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
    if (filled - before > max) {
      text.resize(before);
      return fail(ErrorKind::invalid, fmt::format("larger than {} bytes", max));
    }
  }
  text.resize(filled);
  return filled - before;
}

Result<std::string> digest_of(const Opened& file) {
  Sha256Stream digest;
  std::array<char, 65536> piece{};
  for (off_t at = 0;;) {
    const ssize_t got = pread(file.descriptor(), piece.data(), piece.size(), at);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(unopened(errno));
    if (got == 0) return digest.hex();
    digest.add({piece.data(), static_cast<std::size_t>(got)});
    at += got;
  }
}

}  // namespace exai::io
