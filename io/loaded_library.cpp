#include "io/loaded_library.hpp"

#include <fmt/core.h>

#include <dlfcn.h>

namespace exai::io {

Result<LoadedLibrary> LoadedLibrary::open(const std::string& file, std::string package) {
  LoadedLibrary library;
  library.file_ = file;
  library.package_ = std::move(package);
  library.handle_ = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library.handle_ != nullptr) return library;
  const char* const why = ::dlerror();
  return fail(ErrorKind::config,
              fmt::format("cannot load {}: {}", file, why != nullptr ? why : "unknown reason"),
              "apt-get install " + library.package_);
}

void* LoadedLibrary::find(const char* name) {
  void* const found = ::dlsym(handle_, name);
  if (found == nullptr && missing_.empty()) missing_ = name;
  return found;
}

Result<void> LoadedLibrary::whole() const {
  if (missing_.empty()) return {};
  return fail(ErrorKind::config, fmt::format("{} is too old: it has no {}", file_, missing_),
              fmt::format("apt-get install {}, a newer one", package_));
}

}  // namespace exai::io
