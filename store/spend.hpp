// What models cost on each day.
#pragma once

#include "core/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace exai::store {

/// What a model cost on one UTC day ("2026-11-21"), or what came to it since it was saved last.
struct SpendChange {
  std::string day, provider, model;
  std::int64_t calls = 0, prompt = 0, completion = 0, cached = 0;  ///< tokens
  std::int64_t nano_usd = 0;                                       ///< billionths of a US dollar
};

/// Thread-safe; every call blocks for at most the statement timeout of its home.
class Spend {
 public:
  virtual ~Spend() = default;
  /// Adds to what is known of each day, all in one transaction.
  virtual Result<void> add(const std::vector<SpendChange>& changes) = 0;
  /// Of one day, by provider and model.
  virtual Result<std::vector<SpendChange>> load(const std::string& day) = 0;
};

}  // namespace exai::store
