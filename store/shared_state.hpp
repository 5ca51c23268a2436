// What several servers of one deployment tell each other for a while: answers of models, what callers have
// used up of their limits, which models are not asked now. None of it is a promise: while its home is away
// each server goes on with what it knows itself, and what it would have told meanwhile is not told later.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace exai::store {

/// What was taken from one bucket of a limit.
struct BucketUse {
  std::string bucket;
  std::int64_t taken = 0;
};

/// A model that is not asked for a while.
struct OpenCircuit {
  std::string provider, model;
  int failures = 0;
  Millis left{0};  ///< until it may be asked; zero or less: it may be asked now
};

/// Thread-safe. A call blocks for a quarter of a second at most; after one that failed the others fail at
/// once for a second, so that a home that is away costs a call nothing. Errors: `unreachable`, `timeout`.
class SharedState {
 public:
  virtual ~SharedState() = default;
  /// The text kept under that key, or nothing.
  virtual Result<std::optional<std::string>> find(const std::string& key) = 0;
  virtual Result<void> keep(const std::string& key, const std::string& text, Millis ttl) = 0;
  /// Adds what was taken here; in their order, what all servers together have taken from each bucket since it
  /// was first used. A bucket that nobody uses for an hour begins anew.
  virtual Result<std::vector<std::int64_t>> take(const std::vector<BucketUse>& taken) = 0;
  /// Tells which circuits opened here, or closed again; all that are open anywhere.
  virtual Result<std::vector<OpenCircuit>> tell_circuits(const std::vector<OpenCircuit>& changed) = 0;
  /// Why the last call failed, until one succeeds.
  [[nodiscard]] virtual std::optional<Error> trouble() const = 0;
};

}  // namespace exai::store
