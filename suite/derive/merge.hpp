// One schema out of several that hold at the same place.
#pragma once

#include "core/json.hpp"

#include <cstdint>
#include <optional>

namespace exai::suite {

/// Writes a schema of the normal form out at one place: references are followed, allOf merged, of anyOf and
/// oneOf one branch taken. `choice` turns which one: 0 the first that is more than null.
class SchemaMerger {
 public:
  SchemaMerger(const Json& root, unsigned choice) : root_(root), choice_(choice) {}
  /// An object without $ref, allOf, anyOf, oneOf, not, if; nothing when no value can satisfy it, or it is a
  /// circle or more than a few thousand steps.
  std::optional<Json> merged(const Json& schema);

 private:
  std::optional<Json> flat(const Json& schema, int level);
  const Json* branch(const Json& list) const;

  const Json& root_;
  unsigned choice_;
  std::size_t steps_ = 0;
};

}  // namespace exai::suite
