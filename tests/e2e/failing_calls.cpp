// Preloaded into a process by faults_test.py and record_test.py: lets one kind of call of the system fail,
// from the n-th on, for files below one folder, or ends the process as it enters that call. How many there
// were stands in a file that both share. "any" counts all of them, and what is sent over sockets.
//
// FAIL_CALL=write|open|sync|truncate|rename|unlink|any FAIL_FROM=N FAIL_MODE=once|on|short|kill FAIL_ERRNO=N
// FAIL_UNDER=FOLDER FAIL_COUNT=FILE
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <sys/mman.h>
#include <sys/uio.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <unistd.h>

namespace {

const char* setting(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

template <typename Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));  // NOLINT: what dlsym is for
}

std::atomic<std::uint64_t>* counter() {
  static std::atomic<std::uint64_t>* const k_counter = [] {
    const int file = real<int (*)(const char*, int, ...)>("open")(setting("FAIL_COUNT"), O_RDWR | O_CLOEXEC);
    void* const page = mmap(nullptr, sizeof(std::uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    return static_cast<std::atomic<std::uint64_t>*>(page);
  }();
  return k_counter;
}

bool below(std::string_view path) {
  static const std::string_view k_under = setting("FAIL_UNDER");
  return path.substr(0, k_under.size()) == k_under;
}

bool below(int descriptor) {
  std::array<char, 64> name{};
  std::snprintf(name.data(), name.size(), "/proc/self/fd/%d", descriptor);
  std::array<char, 4096> path{};
  const ssize_t size = readlink(name.data(), path.data(), path.size());
  return size > 0 && below(std::string_view(path.data(), static_cast<std::size_t>(size)));
}

enum class Verdict { pass, fail, half };

/// Counts the call and says what becomes of it.
Verdict judge(const char* call) {
  static const std::string_view k_call = setting("FAIL_CALL");
  static const std::uint64_t k_from = std::strtoull(setting("FAIL_FROM"), nullptr, 10);
  static const std::string_view k_mode = setting("FAIL_MODE");
  if (k_call != call && k_call != "any") return Verdict::pass;
  const std::uint64_t number = counter()->fetch_add(1) + 1;
  if (number < k_from || (k_mode == "once" && number > k_from)) return Verdict::pass;
  if (k_mode == "kill") ::kill(getpid(), SIGKILL);
  if (k_mode == "short" && number == k_from) return Verdict::half;
  errno = std::atoi(setting("FAIL_ERRNO"));
  return Verdict::fail;
}

template <typename Place>
bool fails(const char* call, Place place) {
  return below(place) && judge(call) == Verdict::fail;
}

/// Half of it is what a disk takes that is about to be full.
template <typename Write>
ssize_t written(int descriptor, std::size_t size, const Write& write) {
  const Verdict verdict = below(descriptor) ? judge("write") : Verdict::pass;
  if (verdict == Verdict::fail) return -1;
  return write(verdict == Verdict::half ? size / 2 : size);
}

template <typename Offset>
ssize_t gathered(const char* name, int descriptor, const iovec* pieces, int count, Offset at) {
  const auto whole = real<ssize_t (*)(int, const iovec*, int, Offset)>(name);
  const Verdict verdict = below(descriptor) ? judge("write") : Verdict::pass;
  if (verdict == Verdict::fail) return -1;
  if (verdict == Verdict::pass) return whole(descriptor, pieces, count, at);
  std::array<iovec, 2> first{pieces[0], count > 1 ? pieces[1] : iovec{}};
  first[1].iov_len /= 2;
  return whole(descriptor, first.data(), std::min(count, 2), at);
}

}  // namespace

extern "C" {

ssize_t write(int descriptor, const void* bytes, std::size_t size) {
  static const auto k_real = real<ssize_t (*)(int, const void*, std::size_t)>("write");
  return written(descriptor, size, [&](std::size_t part) { return k_real(descriptor, bytes, part); });
}

ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t at) {
  static const auto k_real = real<ssize_t (*)(int, const void*, std::size_t, off_t)>("pwrite");
  return written(descriptor, size, [&](std::size_t part) { return k_real(descriptor, bytes, part, at); });
}

ssize_t pwrite64(int descriptor, const void* bytes, std::size_t size, off64_t at) {
  static const auto k_real = real<ssize_t (*)(int, const void*, std::size_t, off64_t)>("pwrite64");
  return written(descriptor, size, [&](std::size_t part) { return k_real(descriptor, bytes, part, at); });
}

ssize_t pwritev(int descriptor, const iovec* pieces, int count, off_t at) {
  return gathered("pwritev", descriptor, pieces, count, at);
}

ssize_t pwritev64(int descriptor, const iovec* pieces, int count, off64_t at) {
  return gathered("pwritev64", descriptor, pieces, count, at);
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  static const auto k_real = real<int (*)(const char*, int, ...)>("open");
  return fails("open", path) ? -1 : k_real(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  const mode_t mode = va_arg(more, mode_t);
  va_end(more);
  static const auto k_real = real<int (*)(const char*, int, ...)>("open64");
  return fails("open", path) ? -1 : k_real(path, flags, mode);
}

int fsync(int descriptor) {
  static const auto k_real = real<int (*)(int)>("fsync");
  return fails("sync", descriptor) ? -1 : k_real(descriptor);
}

int fdatasync(int descriptor) {
  static const auto k_real = real<int (*)(int)>("fdatasync");
  return fails("sync", descriptor) ? -1 : k_real(descriptor);
}

int ftruncate(int descriptor, off_t size) noexcept {
  static const auto k_real = real<int (*)(int, off_t)>("ftruncate");
  return fails("truncate", descriptor) ? -1 : k_real(descriptor, size);
}

int ftruncate64(int descriptor, off64_t size) noexcept {
  static const auto k_real = real<int (*)(int, off64_t)>("ftruncate64");
  return fails("truncate", descriptor) ? -1 : k_real(descriptor, size);
}

int rename(const char* from, const char* to) noexcept {
  static const auto k_real = real<int (*)(const char*, const char*)>("rename");
  return fails("rename", to) ? -1 : k_real(from, to);
}

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
  static const auto k_real = real<int (*)(int, const char*, int, const char*, unsigned)>("renameat2");
  return fails("rename", to) ? -1 : k_real(from_folder, from, to_folder, to, flags);
}

ssize_t send(int socket, const void* bytes, std::size_t size, int flags) {
  static const auto k_real = real<ssize_t (*)(int, const void*, std::size_t, int)>("send");
  return judge("send") == Verdict::fail ? -1 : k_real(socket, bytes, size, flags);
}

int unlink(const char* path) noexcept {
  static const auto k_real = real<int (*)(const char*)>("unlink");
  return fails("unlink", path) ? -1 : k_real(path);
}

}  // extern "C"
