// Where a result goes that a person named: plain files are replaced as a whole, everything else is written
// to.
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/guard.hpp"
#include "io/poll_until.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/core.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::io {
namespace {

constexpr int k_links = 40;  // as the kernel follows

Error unwritable_output(const std::filesystem::path& path, std::string_view why, std::string hint = {}) {
  return make_error(ErrorKind::refused, fmt::format("cannot write {}: {}", path.string(), why),
                    std::move(hint));
}

Error unwritable_output(const std::filesystem::path& path, int code) {
  return unwritable_output(path, std::strerror(code), code == ENOSPC ? "make room on the disk (df -h)" : "");
}

/// 1 for /dev/stdout, N for /dev/fd/N and /proc/self/fd/N: opened anew such a file would begin at its start,
/// and a socket could not be opened at all.
std::optional<int> own_descriptor(const std::filesystem::path& path) {
  const std::string text = path.lexically_normal().string();
  if (text == "/dev/stdout") return STDOUT_FILENO;
  if (text == "/dev/stderr") return STDERR_FILENO;
  const std::string by_pid = fmt::format("/proc/{}/fd/", ::getpid());
  for (const std::string_view folder :
       {std::string_view("/dev/fd/"), std::string_view("/proc/self/fd/"), std::string_view(by_pid)}) {
    if (!text.starts_with(folder)) continue;
    int number = -1;
    const char* const end = text.data() + text.size();
    const auto [stop, problem] = std::from_chars(text.data() + folder.size(), end, number);
    if (problem == std::errc{} && stop == end && number >= 0) return number;
  }
  return std::nullopt;
}

/// Writes until all is out; a reader that stands still is waited for until the deadline.
Result<void> write_to(int descriptor, const std::filesystem::path& path, std::string_view content,
                      Deadline deadline) {
  const IgnoreBrokenPipe quiet;
  while (!content.empty()) {
    const ssize_t put = ::write(descriptor, content.data(), content.size());
    if (put > 0) {
      content.remove_prefix(static_cast<std::size_t>(put));
    } else if (put == 0 || errno == EAGAIN) {
      if (!poll_until(descriptor, POLLOUT, deadline))
        return fail(
            unwritable_output(path, "its reader takes no more", "is the program that reads it stuck?"));
    } else if (errno != EINTR) {
      return fail(unwritable_output(path, errno));
    }
  }
  return {};
}

/// A pipe without a reader cannot be opened yet (ENXIO): its reader may be about to start.
int open_for_writing(const std::filesystem::path& path, Deadline deadline) {
  for (;;) {
    const int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (descriptor >= 0 || (errno != ENXIO && errno != EINTR) || deadline.passed()) return descriptor;
    struct stat facts {};
    if (::stat(path.c_str(), &facts) != 0 || !S_ISFIFO(facts.st_mode)) {
      errno = ENXIO;
      return -1;
    }
    constexpr int k_look_again = 20;
    ::poll(nullptr, 0, k_look_again);
  }
}

Result<void> write_through(const std::filesystem::path& path, mode_t mode, std::string_view content,
                           Deadline deadline) {
  if (S_ISDIR(mode)) return fail(unwritable_output(path, "it is a folder", "name a file in it"));
  if (S_ISBLK(mode))
    return fail(unwritable_output(path, "it is a disk", "name a file, a pipe or a terminal"));
  const int descriptor = open_for_writing(path, deadline);
  if (descriptor < 0 && errno == ENXIO)
    return fail(unwritable_output(path, S_ISFIFO(mode) ? "nobody reads this pipe" : std::strerror(errno)));
  if (descriptor < 0) return fail(unwritable_output(path, errno));
  Result<void> written = write_to(descriptor, path, content, deadline);
  if (::close(descriptor) != 0 && written) written = fail(unwritable_output(path, errno));
  return written;
}

/// A plain file keeps its mode and, where we may, its owner.
Result<void> replace(const std::filesystem::path& path, const struct stat& old, std::string_view content) {
  if (auto written = write_atomic(path, content, old.st_mode & 07777U); !written) return written;
  if (::geteuid() == 0 && (old.st_uid != 0 || old.st_gid != 0) &&
      ::chown(path.c_str(), old.st_uid, old.st_gid) != 0)
    return fail(unwritable_output(path, errno));
  return {};
}

}  // namespace

Result<void> write_output(const std::filesystem::path& named, std::string_view content, Deadline deadline) {
  if (const Result<void> allowed = permit(fmt::format("write {}", named.string())); !allowed) return allowed;
  std::filesystem::path path = named;
  for (int followed = 0; followed <= k_links; ++followed) {
    if (const auto descriptor = own_descriptor(path)) return write_to(*descriptor, named, content, deadline);
    struct stat facts {};
    if (::lstat(path.c_str(), &facts) != 0) {
      if (errno != ENOENT) return fail(unwritable_output(named, errno));
      constexpr unsigned k_mode = 0644;
      return write_atomic(path, content, k_mode);
    }
    if (S_ISREG(facts.st_mode)) return replace(path, facts, content);
    if (!S_ISLNK(facts.st_mode)) return write_through(path, facts.st_mode, content, deadline);
    std::error_code problem;
    const std::filesystem::path target = std::filesystem::read_symlink(path, problem);
    if (problem) return fail(unwritable_output(named, problem.message()));
    path = target.is_absolute() ? target : path.parent_path() / target;
  }
  return fail(unwritable_output(named, ELOOP));
}

}  // namespace exai::io
