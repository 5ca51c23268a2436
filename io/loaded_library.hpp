// A library that is loaded on first use: linking it would cost every command its start.
#pragma once

#include "core/result.hpp"

#include <string>

namespace exai::io {

/// Never unloaded: what it starts lives as long as the process.
class LoadedLibrary {
 public:
  /// `package`: what to install where `file` ("libpq.so.5") is not there; `config` then.
  static Result<LoadedLibrary> open(const std::string& file, std::string package);

  /// The function of that name; whole() tells whether there was one.
  template <class Function>
  LoadedLibrary& take(const char* name, Function& function) {
    function = reinterpret_cast<Function>(find(name));
    return *this;
  }
  /// `config` when one that was taken is missing: the library is too old.
  [[nodiscard]] Result<void> whole() const;

 private:
  void* find(const char* name);

  void* handle_ = nullptr;
  std::string file_, package_, missing_;
};

}  // namespace exai::io
