// Results, for requests that are sent again: bounded by count and bytes, the one
// used longest ago goes first. Pure: the time is handed in.
#pragma once

#include "core/deadline.hpp"
#include "core/lru.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace exai::serve::exai_ws {

struct ResultLimits {
  std::size_t count = 1000;
  std::uint64_t bytes = std::uint64_t{64} << 20U;
  Millis ttl{600000};  ///< zero keeps nothing
};

/// An answer without what is its receiver's own (frames::finish adds that), and the call that it answers.
struct CachedResult {
  std::shared_ptr<const std::string> body;
  std::string call;  ///< key of tool, arguments and model
};

class ResultCache {
 public:
  explicit ResultCache(ResultLimits limits) : results_(lru_limits(limits)) {}

  /// Nothing when it was never put, is too old or had to make room. `name` begins with its owner's.
  const CachedResult* find(const std::string& name, Steady now) { return results_.use(name, now); }
  /// Replaces what is under the name. Larger than all room: not taken.
  void put(const std::string& name, CachedResult result, Steady now);
  /// Erases all whose name begins like this: their session has ended.
  void drop(std::string_view prefix) { results_.erase_prefix(prefix); }
  void set_limits(ResultLimits limits, Steady now) { results_.set_limits(lru_limits(limits), now); }
  [[nodiscard]] std::size_t size() const { return results_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return results_.weight(); }

 private:
  static LruLimits lru_limits(const ResultLimits& limits) { return {limits.count, limits.bytes, limits.ttl}; }

  Lru<CachedResult, LruIndex::ordered> results_;
};

}  // namespace exai::serve::exai_ws
