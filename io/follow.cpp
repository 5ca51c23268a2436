#include "io/follow.hpp"

#include <array>
#include <cerrno>

#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::io {

FollowedFile::FollowedFile(std::filesystem::path path) : path_(std::move(path)) {
  open_file(true);
  if (descriptor_ >= 0) began_at_ = static_cast<std::uint64_t>(::lseek(descriptor_, 0, SEEK_CUR));
}

FollowedFile::~FollowedFile() {
  close_file();
}

void FollowedFile::close_file() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

void FollowedFile::open_file(bool at_end) {
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat facts {};
  if (descriptor_ < 0 || !at_end || ::fstat(descriptor_, &facts) != 0) return;
  changed_ = facts.st_mtim;
  (void)::lseek(descriptor_, facts.st_size, SEEK_SET);
}

bool FollowedFile::drain(const Take& take) {
  std::array<char, std::size_t{64} << 10U> piece{};
  for (;;) {
    struct stat facts {};
    const bool known = ::fstat(descriptor_, &facts) == 0;
    const ssize_t got = ::read(descriptor_, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      if (known) changed_ = facts.st_mtim;
      return true;
    }
    if (!lines_.feed({piece.data(), static_cast<std::size_t>(got)}, take)) return false;
  }
}

/// Shorter than what was read, or changed without having grown: emptied, and written up to the same place.
bool FollowedFile::was_emptied() const {
  struct stat facts {};
  if (::fstat(descriptor_, &facts) != 0) return false;
  const off_t read_to = ::lseek(descriptor_, 0, SEEK_CUR);
  const bool changed = facts.st_mtim.tv_sec != changed_.tv_sec || facts.st_mtim.tv_nsec != changed_.tv_nsec;
  return facts.st_size < read_to || (facts.st_size == read_to && read_to > 0 && changed);
}

bool FollowedFile::look(const Take& take) {
  if (descriptor_ < 0) open_file(false);
  if (descriptor_ < 0) return true;
  struct stat held {
  }, named{};
  const bool there = ::stat(path_.c_str(), &named) == 0;
  (void)::fstat(descriptor_, &held);
  if (was_emptied()) {
    (void)lines_.finish([](std::string_view) { return true; });  // half a line of what is gone
    (void)::lseek(descriptor_, 0, SEEK_SET);
  }
  if (!drain(take)) return false;
  const bool same = there && named.st_ino == held.st_ino && named.st_dev == held.st_dev;
  if (same) return true;
  // Its writer may have had it open a moment longer than its name lasted: what is read now was all of it.
  if (!lines_.finish(take)) return false;
  close_file();
  open_file(false);
  return descriptor_ < 0 || drain(take);
}

}  // namespace exai::io
