// Our own subset of JSON Schema 2020-12: all problems at once, each with pointer and
// expectation.
#pragma once

#include "core/json.hpp"
#include "core/result.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace exai::mcp {

struct SchemaProblem {
  std::string pointer;   ///< RFC 6901, "" = the whole value
  std::string expected;  ///< "a string of at most 100 characters, got 12"
};

/// A compiled schema; immutable, so it may be shared between threads.
class Schema {
 public:
  /// Refuses every keyword that check() does not judge, so that nothing passes silently. Local $ref only.
  static Result<Schema> compile(const Json& schema);
  /// At most `max` problems, in document order; empty = valid.
  [[nodiscard]] std::vector<SchemaProblem> check(const Json& value, std::size_t max = 20) const;
  /// The same for a schema that a stranger wrote: branches within branches can make it exponential work.
  /// Nothing when that many looks at a part of the value were not enough to judge it.
  [[nodiscard]] std::optional<std::vector<SchemaProblem>> check_within(const Json& value, std::size_t looks,
                                                                       std::size_t max = 20) const;

  /// null means absent: an optional member that must not be null is taken out where it is, at any depth.
  void drop_nulls(Json& value) const;

  struct Node;

 private:
  explicit Schema(std::shared_ptr<const Node> root) : root_(std::move(root)) {}
  std::shared_ptr<const Node> root_;
};

/// "/prompt: expected a string, got 12; /files/0: ..." for one line of text.
std::string to_line(const std::vector<SchemaProblem>& problems);

}  // namespace exai::mcp
