// The inside of compare_schemas(): one walk through two schemas side by side. What it knows of one schema
// alone stands in schema_facts.hpp.
#pragma once

#include "suite/surface/schema_diff.hpp"

#include <deque>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {

class SchemaWalk {
 public:
  /// Both documents stay with the caller as long as the walk.
  SchemaWalk(const Json& before, const Json& after, SchemaFlow flow, std::size_t max_changes)
      : before_root_(before), after_root_(after), flow_(flow), max_changes_(max_changes) {}

  void compare(const Json& before, const Json& after, const std::string& place);
  [[nodiscard]] std::vector<SchemaChange> take() { return std::move(changes_); }

 private:
  /// Two schema objects that stand at the same place, references followed.
  struct Pair {
    const Json& before;
    const Json& after;
    const std::string& place;
  };
  using Compare = void (SchemaWalk::*)(const Pair&);
  using Branches = std::vector<const Json*>;

  void say(const std::string& place, SchemaEffect effect, std::string why);
  void compare_plain(const Json& before, const Json& after, const std::string& place);
  void compare_objects(const Pair& pair);
  [[nodiscard]] bool compare_as_unions(const Pair& pair);
  void compare_values(const Pair& pair);
  void compare_numbers(const Pair& pair);
  void compare_texts(const Pair& pair);
  void compare_arrays(const Pair& pair);
  void compare_members(const Pair& pair);
  void compare_logic(const Pair& pair);
  void compare_rest(const Pair& pair);
  void compare_default(const Pair& pair, bool was, bool is);

  // schema_walk_members.cpp
  void property_gone(const Pair& pair, const std::string& name, const Json& property);
  void property_new(const Pair& pair, const std::string& name, const Json& property);
  void compare_required(const Pair& pair);
  void compare_dependents(const Pair& pair);
  void compare_patterns(const Pair& pair);

  // schema_walk_logic.cpp
  void compare_alike(const Branches& before, const Branches& after, const std::string& place);
  void compare_unions(const Branches& before, const Branches& after, const std::string& place);
  void compare_opaque_unless_same(const Pair& pair, const char* keyword);
  void compare_all_of(const Pair& pair);
  void compare_not(const Pair& pair);
  void split(const Json& branch, Branches& into);
  [[nodiscard]] bool covers(const Json& before, const Json& after, SchemaEffect unwanted);
  [[nodiscard]] Branches union_branches(const Json& schema, const Json& root);

  /// A subschema that either side may lack: absent means that everything is allowed.
  void compare_under(const Pair& pair, const char* keyword);
  /// For keywords whose values cannot be compared: there is more of it, less, or it is another one.
  void compare_opaque(const Pair& pair, const char* keyword);
  /// A number of which a larger one allows less (`lower`) or more; `nothing` is what absence means.
  void compare_count(const Pair& pair, const char* keyword, bool lower, std::uint64_t nothing);
  void compare_bound(const Pair& pair, bool lower);
  void compare_multiple(const Pair& pair);

  const Json& before_root_;
  const Json& after_root_;
  SchemaFlow flow_;
  std::size_t max_changes_;
  std::vector<SchemaChange> changes_;
  /// Pairs behind references, each told once: outside and inside of an odd number of `not`.
  std::set<std::pair<const Json*, const Json*>> met_[2];
  std::set<std::pair<const Json*, const Json*>> open_;  ///< those that are being compared now
  std::deque<Json> made_;                               ///< branches that neither document has in that form
  bool reversed_ = false;                               ///< inside of an odd number of `not`
  std::size_t depth_ = 0;
  std::size_t steps_ = 0;
  bool given_up_ = false;
};

}  // namespace exai::suite
