// One thing that reads what strangers write. Whatever the bytes, it ends, and what must hold holds: a target
// aborts where it does not.
#pragma once

#include "core/registry.hpp"

#include <cstdlib>
#include <string_view>

namespace exai::fuzz {

struct Target {
  std::string_view id;    ///< also the folder of its corpus
  std::string_view what;  ///< in a few words
  void (*run)(std::string_view bytes) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
};

/// What must hold; the fuzzer keeps the input that shows otherwise.
inline void must(bool holds) {
  if (!holds) std::abort();
}

}  // namespace exai::fuzz
