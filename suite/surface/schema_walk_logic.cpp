#include "core/json_access.hpp"
#include "suite/surface/schema_facts.hpp"
#include "suite/surface/schema_walk.hpp"
#include "suite/surface/surface.hpp"

#include <algorithm>
#include <iterator>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_union_branches = 64;

/// The keyword of the one union that a schema is, if it is one and nothing else.
const char* union_keyword(const Json& schema) {
  for (const char* keyword : {"anyOf", "oneOf"})
    if (member_of(schema, keyword).is_array() && !constrains(schema, keyword)) return keyword;
  return nullptr;
}

std::string described(const Json& branch) {
  const auto values = branch.is_object() ? allowed_values(branch) : std::nullopt;
  if (values && values->size() == 1) return "the value " + shown_value(*values->begin());
  const auto types = branch.is_object() ? allowed_types(branch) : std::nullopt;
  return types ? words_of_types(*types) : "a schema";
}

}  // namespace

/// {"type": ["string", "null"]} and {"enum": ["a", "b"]} are unions in other words.
void SchemaWalk::split(const Json& branch, Branches& into) {
  const Json& types = member_of(branch, "type");
  const Json& values = member_of(branch, "enum");
  const char* keyword = types.is_array() && types.size() > 1 ? "type"
                        : values.is_array() && values.size() > 1 && values.size() <= k_union_branches
                            ? "enum"
                            : nullptr;
  if (keyword == nullptr || into.size() > k_union_branches) return into.push_back(&branch);
  for (const Json& each : branch[keyword]) {
    Json& one = made_.emplace_back(branch);
    one[keyword] = keyword == std::string_view("type") ? each : Json::array({each});
    split(one, into);
  }
}

SchemaWalk::Branches SchemaWalk::union_branches(const Json& schema, const Json& root) {
  Branches branches;
  const char* keyword = union_keyword(schema);
  if (keyword == nullptr) {
    split(schema, branches);
    return branches;
  }
  Branches listed;
  for (const Json& branch : schema[keyword]) listed.push_back(&branch);
  // What is not told apart may match twice, and then oneOf refuses it.
  if (keyword == std::string_view("oneOf") && !all_exclusive(listed, root)) return {};
  for (const Json* branch : listed) {
    std::string failed;
    const Json* at = resolved(*branch, root, failed);
    split(at != nullptr && at->is_object() ? *at : *branch, branches);
  }
  return branches;
}

/// True when both were compared as lists of alternatives.
bool SchemaWalk::compare_as_unions(const Pair& pair) {
  if (union_keyword(pair.before) == nullptr && union_keyword(pair.after) == nullptr) return false;
  const Branches before = union_branches(pair.before, before_root_);
  const Branches after = union_branches(pair.after, after_root_);
  if (before.empty() || after.empty()) return false;
  compare_unions(before, after, pair.place);
  return true;
}

/// False when comparing the two shows what is `unwanted`, or what cannot be judged.
bool SchemaWalk::covers(const Json& before, const Json& after, SchemaEffect unwanted) {
  if (given_up_) return false;
  SchemaWalk inner(before_root_, after_root_, flow_, max_changes_);
  inner.open_ = open_;
  inner.depth_ = depth_;
  inner.steps_ = steps_;
  inner.compare(before, after, "");
  steps_ = inner.steps_;
  return std::none_of(inner.changes_.begin(), inner.changes_.end(), [&](const SchemaChange& change) {
    return change.effect == unwanted || change.effect == SchemaEffect::breaks;
  });
}

void SchemaWalk::compare_unions(const Branches& before, const Branches& after, const std::string& place) {
  if (std::max(before.size(), after.size()) > k_union_branches)
    return say(place, SchemaEffect::breaks,
               fmt::format("has more than {} alternatives and is not judged", k_union_branches));
  const auto uncovered = [](const Branches& these, const Branches& others, const auto& meets) {
    Branches left;
    std::copy_if(these.begin(), these.end(), std::back_inserter(left), [&](const Json* one) {
      return std::none_of(others.begin(), others.end(),
                          [&](const Json* other) { return meets(*one, *other); });
    });
    return left;
  };
  const Branches lost = uncovered(before, after, [&](const Json& one, const Json& other) {
    return covers(one, other, SchemaEffect::narrowed);
  });
  const Branches gained = uncovered(after, before, [&](const Json& one, const Json& other) {
    return covers(other, one, SchemaEffect::widened);
  });
  if (lost.size() == 1 && gained.size() == 1)
    return compare(*lost.front(), *gained.front(), place + ".anyOf");
  for (const Json* one : lost)
    say(place + ".anyOf", SchemaEffect::narrowed,
        fmt::format("no longer allows this alternative: {}", described(*one)));
  for (const Json* one : gained)
    say(place + ".anyOf", SchemaEffect::widened, fmt::format("now also allows {}", described(*one)));
  if (lost.empty() && gained.empty()) compare_alike(before, after, place);
}

/// Nothing was lost and nothing gained: what is left is how the alternatives are worded.
void SchemaWalk::compare_alike(const Branches& before, const Branches& after, const std::string& place) {
  if (before.size() != after.size()) return;
  for (std::size_t at = 0; at < before.size(); ++at)
    if (covers(*before[at], *after[at], SchemaEffect::narrowed) &&
        covers(*before[at], *after[at], SchemaEffect::widened))
      compare(*before[at], *after[at], fmt::format("{}.anyOf.{}", place, at));
}

void SchemaWalk::compare_logic(const Pair& pair) {
  compare_all_of(pair);
  for (const char* keyword : {"anyOf", "oneOf"}) compare_opaque_unless_same(pair, keyword);
  compare_not(pair);
}

/// A union with rules beside it, or one whose alternatives overlap.
void SchemaWalk::compare_opaque_unless_same(const Pair& pair, const char* keyword) {
  const Json &before = member_of(pair.before, keyword), &after = member_of(pair.after, keyword);
  if (before.is_array() && after.is_array() && before.size() == after.size()) {
    bool same = true;
    for (std::size_t at = 0; same && at < before.size(); ++at)
      same = covers(before[at], after[at], SchemaEffect::narrowed) &&
             covers(before[at], after[at], SchemaEffect::widened);
    for (std::size_t at = 0; same && at < before.size(); ++at)
      compare(before[at], after[at], fmt::format("{}.{}.{}", pair.place, keyword, at));
    if (same) return;
  }
  if (before.is_array() && after.is_array() && keyword == std::string_view("anyOf")) {
    Branches from, to;
    for (const Json& branch : before) from.push_back(&branch);
    for (const Json& branch : after) to.push_back(&branch);
    return compare_unions(from, to, pair.place);
  }
  compare_opaque(pair, keyword);
}

void SchemaWalk::compare_all_of(const Pair& pair) {
  const Json &before = member_of(pair.before, "allOf"), &after = member_of(pair.after, "allOf");
  const std::size_t was = before.is_array() ? before.size() : 0, is = after.is_array() ? after.size() : 0;
  for (std::size_t at = 0; at < std::min(was, is); ++at)
    compare(before[at], after[at], fmt::format("{}.allOf.{}", pair.place, at));
  for (std::size_t at = was; at < is; ++at)
    say(fmt::format("{}.allOf.{}", pair.place, at), SchemaEffect::narrowed,
        "is one more rule for all values");
  for (std::size_t at = is; at < was; ++at)
    say(fmt::format("{}.allOf.{}", pair.place, at), SchemaEffect::widened, "is one rule less");
  if (before.is_array() != after.is_array() && !before.is_null() && !after.is_null())
    say(pair.place + ".allOf", SchemaEffect::breaks, "changed, and is no list of schemas");
}

void SchemaWalk::compare_not(const Pair& pair) {
  const bool was = pair.before.contains("not"), is = pair.after.contains("not");
  if (was != is)
    return say(pair.place + ".not", is ? SchemaEffect::narrowed : SchemaEffect::widened,
               is ? "now excludes something" : "no longer excludes anything");
  if (!was) return;
  // What is excluded more is allowed less.
  reversed_ = !reversed_;
  compare(pair.before["not"], pair.after["not"], pair.place + ".not");
  reversed_ = !reversed_;
}

}  // namespace exai::suite
