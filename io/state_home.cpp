#include "io/state_home.hpp"

#include "io/files.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include <fmt/core.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::io {
namespace {

/// The specification lets a relative path count as none.
std::filesystem::path folder_in(const char* variable) {
  const char* const value = std::getenv(variable);
  std::filesystem::path path = value == nullptr ? "" : value;
  return path.is_absolute() ? path : std::filesystem::path();
}

}  // namespace

std::filesystem::path state_home() {
  if (const auto state = folder_in("XDG_STATE_HOME"); !state.empty()) return state / "exai";
  if (const auto home = folder_in("HOME"); !home.empty()) return home / ".local/state/exai";
  return {};
}

Result<void> make_writable(const std::filesystem::path& folder) {
  if (auto made = make_directories(folder); !made) return made;
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0) return {};
  return fail(ErrorKind::refused,
              fmt::format("cannot write in {}: {}", folder.string(), std::strerror(errno)));
}

}  // namespace exai::io
