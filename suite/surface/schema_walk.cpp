#include "suite/surface/schema_walk.hpp"

#include "core/json_access.hpp"
#include "suite/surface/schema_facts.hpp"
#include "suite/surface/surface.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_walk_depth = 200;
constexpr std::size_t k_walk_steps = 100'000;

/// Keywords that some function here compares; any other one that changed cannot be judged.
constexpr std::array k_judged_keywords = {"type",
                                          "enum",
                                          "const",
                                          "minimum",
                                          "maximum",
                                          "exclusiveMinimum",
                                          "exclusiveMaximum",
                                          "multipleOf",
                                          "minLength",
                                          "maxLength",
                                          "pattern",
                                          "format",
                                          "items",
                                          "prefixItems",
                                          "additionalItems",
                                          "contains",
                                          "minItems",
                                          "maxItems",
                                          "uniqueItems",
                                          "properties",
                                          "required",
                                          "additionalProperties",
                                          "patternProperties",
                                          "propertyNames",
                                          "minProperties",
                                          "maxProperties",
                                          "dependentRequired",
                                          "allOf",
                                          "anyOf",
                                          "oneOf",
                                          "not",
                                          "default",
                                          "$defs",
                                          "definitions"};

bool is_judged(std::string_view keyword) {
  return std::find(k_judged_keywords.begin(), k_judged_keywords.end(), keyword) != k_judged_keywords.end();
}

bool both_may_be(const Json& before, const Json& after, std::uint8_t types) {
  const auto a = allowed_types(before), b = allowed_types(after);
  return (a.value_or(type_any) & b.value_or(type_any) & types) != 0;
}

std::vector<std::string> keywords_of_both(const Json& before, const Json& after) {
  std::set<std::string> names;
  for (const Json* schema : {&before, &after})
    for (const auto& [name, value] : schema->items()) names.insert(name);
  return {names.begin(), names.end()};
}

}  // namespace

void SchemaWalk::say(const std::string& place, SchemaEffect effect, std::string why) {
  if (changes_.size() >= max_changes_) {
    if (!given_up_)
      changes_.push_back({place, SchemaEffect::breaks,
                          fmt::format("more than {} changes, the others are not told", max_changes_)});
    given_up_ = true;
    return;
  }
  if (reversed_ && effect == SchemaEffect::narrowed)
    effect = SchemaEffect::widened;
  else if (reversed_ && effect == SchemaEffect::widened)
    effect = SchemaEffect::narrowed;
  changes_.push_back({place, effect, std::move(why)});
}

void SchemaWalk::compare(const Json& before, const Json& after, const std::string& place) {
  if (given_up_) return;
  if (++steps_ > k_walk_steps || depth_ > k_walk_depth) {
    say(place, SchemaEffect::breaks, "is too large or too deep to be compared");
    given_up_ = true;
    return;
  }
  std::string lost_before, lost_after;
  const Json* from = resolved(before, before_root_, lost_before);
  const Json* to = resolved(after, after_root_, lost_after);
  if (from == nullptr || to == nullptr) {
    if (before != after)
      say(place, SchemaEffect::breaks,
          fmt::format("changed, and the reference {} cannot be followed",
                      shown_value(from == nullptr ? lost_before : lost_after)));
    return;
  }
  const std::pair<const Json*, const Json*> met{from, to};
  if ((from != &before || to != &after) && !met_[reversed_ ? 1 : 0].insert(met).second) return;
  if (!open_.insert(met).second) return;
  ++depth_;
  if (from->is_object() && to->is_object())
    compare_objects({*from, *to, place});
  else
    compare_plain(*from, *to, place);
  --depth_;
  open_.erase(met);
}

/// `true` and `false`, and what is no schema at all.
void SchemaWalk::compare_plain(const Json& before, const Json& after, const std::string& place) {
  if (before == after) return;
  const auto is_schema = [](const Json& schema) { return schema.is_object() || schema.is_boolean(); };
  if (!is_schema(before) || !is_schema(after))
    say(place, SchemaEffect::breaks, "changed, and is no schema");
  else if (before == false)
    say(place, SchemaEffect::widened, "now allows what nothing could be before");
  else if (after == false)
    say(place, SchemaEffect::narrowed, "no longer allows anything");
  else if (allows_all(before) && allows_all(after))
    say(place, SchemaEffect::wording, "is written differently and means the same");
  else if (allows_all(before))
    say(place, SchemaEffect::narrowed, "allowed everything and now has rules");
  else
    say(place, SchemaEffect::widened, "had rules and now allows everything");
}

void SchemaWalk::compare_objects(const Pair& pair) {
  if (compare_as_unions(pair)) return compare_rest(pair);
  compare_values(pair);
  if (both_may_be(pair.before, pair.after, type_integer | type_fraction)) compare_numbers(pair);
  if (both_may_be(pair.before, pair.after, type_string)) compare_texts(pair);
  if (both_may_be(pair.before, pair.after, type_array)) compare_arrays(pair);
  if (both_may_be(pair.before, pair.after, type_object)) compare_members(pair);
  compare_logic(pair);
  compare_rest(pair);
}

void SchemaWalk::compare_values(const Pair& pair) {
  const auto types = allowed_types(pair.before), now = allowed_types(pair.after);
  if (!types || !now) {
    if (member_of(pair.before, "type") != member_of(pair.after, "type"))
      say(pair.place + ".type", SchemaEffect::breaks, "changed, and names no type of JSON Schema");
    return;
  }
  const auto gone = std::uint8_t(*types & ~*now), added = std::uint8_t(*now & ~*types);
  if (gone != 0)
    say(pair.place + ".type", SchemaEffect::narrowed, "no longer allows " + words_of_types(gone));
  if (added != 0)
    say(pair.place + ".type", SchemaEffect::widened, "now also allows " + words_of_types(added));
  const auto values = allowed_values(pair.before), offered = allowed_values(pair.after);
  const std::string place = pair.place + ".enum";
  if (!values && offered && gone == 0) say(place, SchemaEffect::narrowed, "now allows certain values only");
  if (values && !offered && added == 0) say(place, SchemaEffect::widened, "no longer names the only values");
  if (!values || !offered) return;
  for (const Json& value : *values)
    if (offered->count(value) == 0)
      say(place, SchemaEffect::narrowed, "no longer allows the value " + shown_value(value));
  for (const Json& value : *offered)
    if (values->count(value) == 0)
      say(place, SchemaEffect::widened, "now also allows the value " + shown_value(value));
}

void SchemaWalk::compare_count(const Pair& pair, const char* keyword, bool lower, std::uint64_t nothing) {
  const Json absent = nothing;
  const auto number = [&](const Json& schema) -> const Json& {
    const auto found = schema.find(keyword);
    return found == schema.end() ? absent : *found;
  };
  const Json &before = number(pair.before), &after = number(pair.after);
  if (before == after) return;
  const std::string place = fmt::format("{}.{}", pair.place, keyword);
  if (!before.is_number() || !after.is_number())
    return say(place, SchemaEffect::breaks, "changed, and is no number");
  const bool allows_less = lower ? before < after : after < before;
  const auto shown = [&](const Json& value) {
    return value == absent ? std::string("no limit") : shown_value(value);
  };
  say(place, allows_less ? SchemaEffect::narrowed : SchemaEffect::widened,
      fmt::format("was {}, is {}", shown(before), shown(after)));
}

namespace {

/// Where a range ends: null when it does not, "bad" when a keyword is no number (draft 4 has booleans there).
struct RangeEnd {
  Json value;
  bool outside = false;  ///< the value itself is not in the range
  bool bad = false;
  bool operator==(const RangeEnd&) const = default;
};

RangeEnd range_end(const Json& schema, bool lower) {
  const Json& with = member_of(schema, lower ? "minimum" : "maximum");
  const Json& without = member_of(schema, lower ? "exclusiveMinimum" : "exclusiveMaximum");
  for (const Json* each : {&with, &without})
    if (!each->is_null() && !each->is_number()) return {*each, false, true};
  if (without.is_null()) return {with, false, false};
  const bool outside = with.is_null() || (lower ? without >= with : without <= with);
  return {outside ? without : with, outside, false};
}

std::string shown_end(const RangeEnd& end) {
  if (end.value.is_null()) return "no limit";
  return shown_value(end.value) + (end.outside ? " itself excluded" : "");
}

/// Whether `to` lets less through than `from`, both good and different.
bool ends_earlier(const RangeEnd& from, const RangeEnd& to, bool lower) {
  if (from.value.is_null() || to.value.is_null()) return from.value.is_null();
  if (from.value == to.value) return to.outside;
  return lower ? from.value < to.value : to.value < from.value;
}

}  // namespace

void SchemaWalk::compare_bound(const Pair& pair, bool lower) {
  const RangeEnd before = range_end(pair.before, lower), after = range_end(pair.after, lower);
  if (before == after) return;
  const std::string place = pair.place + (lower ? ".minimum" : ".maximum");
  if (before.bad || after.bad) return say(place, SchemaEffect::breaks, "changed, and is no number");
  say(place, ends_earlier(before, after, lower) ? SchemaEffect::narrowed : SchemaEffect::widened,
      fmt::format("was {}, is {}", shown_end(before), shown_end(after)));
}

void SchemaWalk::compare_multiple(const Pair& pair) {
  const Json &before = member_of(pair.before, "multipleOf"), &after = member_of(pair.after, "multipleOf");
  if (before == after) return;
  const auto is_step = [](const Json& step) { return step.is_null() || (step.is_number() && step > 0); };
  SchemaEffect effect = SchemaEffect::breaks;
  if (is_step(before) && is_step(after)) {
    const auto divides = [](const Json& small, const Json& large) {
      const double times = large.get<double>() / small.get<double>();
      return std::isfinite(times) && std::abs(times - std::round(times)) < 1e-9;
    };
    if (before.is_null() || (!after.is_null() && divides(before, after)))
      effect = SchemaEffect::narrowed;
    else if (after.is_null() || divides(after, before))
      effect = SchemaEffect::widened;
  }
  say(pair.place + ".multipleOf", effect,
      fmt::format("was {}, is {}", before.is_null() ? "free" : shown_value(before),
                  after.is_null() ? "free" : shown_value(after)));
}

void SchemaWalk::compare_numbers(const Pair& pair) {
  compare_bound(pair, true);
  compare_bound(pair, false);
  compare_multiple(pair);
}

void SchemaWalk::compare_opaque(const Pair& pair, const char* keyword) {
  const bool was = pair.before.contains(keyword), is = pair.after.contains(keyword);
  const Json &before = member_of(pair.before, keyword), &after = member_of(pair.after, keyword);
  if (was == is && before == after) return;
  const std::string place = fmt::format("{}.{}", pair.place, keyword);
  if (!was)
    say(place, SchemaEffect::narrowed, fmt::format("now asks for {}", shown_value(after)));
  else if (!is)
    say(place, SchemaEffect::widened, fmt::format("no longer asks for {}", shown_value(before)));
  else
    say(place, SchemaEffect::breaks,
        fmt::format("was {}, is {}, and neither can be held against the other", shown_value(before),
                    shown_value(after)));
}

void SchemaWalk::compare_texts(const Pair& pair) {
  compare_count(pair, "minLength", true, 0);
  compare_count(pair, "maxLength", false, UINT64_MAX);
  compare_opaque(pair, "pattern");
  compare_opaque(pair, "format");
}

void SchemaWalk::compare_under(const Pair& pair, const char* keyword) {
  if (!pair.before.contains(keyword) && !pair.after.contains(keyword)) return;
  compare(subschema(pair.before, keyword), subschema(pair.after, keyword),
          fmt::format("{}.{}", pair.place, keyword));
}

namespace {

/// Draft 7 writes tuples as a list in `items`, with `additionalItems` for the rest; 2020-12 has prefixItems.
struct ItemRules {
  const Json* tuple = nullptr;  ///< nullptr: none
  const Json* rest = nullptr;
};

ItemRules item_rules(const Json& schema) {
  const Json& items = subschema(schema, "items");
  if (items.is_array()) return {&items, &subschema(schema, "additionalItems")};
  const Json& prefix = member_of(schema, "prefixItems");
  return {prefix.is_array() ? &prefix : nullptr, &items};
}

}  // namespace

void SchemaWalk::compare_arrays(const Pair& pair) {
  const ItemRules before = item_rules(pair.before), after = item_rules(pair.after);
  const std::size_t was = before.tuple == nullptr ? 0 : before.tuple->size();
  const std::size_t is = after.tuple == nullptr ? 0 : after.tuple->size();
  for (std::size_t at = 0; at < std::max(was, is); ++at)
    compare(at < was ? (*before.tuple)[at] : *before.rest, at < is ? (*after.tuple)[at] : *after.rest,
            fmt::format("{}.items.{}", pair.place, at));
  compare(*before.rest, *after.rest, pair.place + ".items");
  compare_count(pair, "minItems", true, 0);
  compare_count(pair, "maxItems", false, UINT64_MAX);
  compare_opaque(pair, "contains");
  const bool unique = member_of(pair.before, "uniqueItems") == true;
  const bool now_unique = member_of(pair.after, "uniqueItems") == true;
  if (unique == now_unique) return;
  say(pair.place + ".uniqueItems", now_unique ? SchemaEffect::narrowed : SchemaEffect::widened,
      now_unique ? "no longer allows an item twice" : "now allows an item twice");
}

void SchemaWalk::compare_rest(const Pair& pair) {
  for (const std::string& keyword : keywords_of_both(pair.before, pair.after)) {
    const bool was = pair.before.contains(keyword), is = pair.after.contains(keyword);
    const Json &before = member_of(pair.before, keyword), &after = member_of(pair.after, keyword);
    if (was == is && before == after) continue;
    const std::string place = joined_place(pair.place, keyword);
    const std::string_view verb = !was ? "is new" : !is ? "is gone" : "changed";
    if (is_wording(keyword))
      say(place, SchemaEffect::wording, std::string(verb));
    else if (keyword == "default")
      compare_default(pair, was, is);
    else if (!is_judged(keyword))
      say(place, SchemaEffect::breaks, fmt::format("{}, and what this keyword means cannot be judged", verb));
  }
}

/// What stands for a value that the caller leaves out.
void SchemaWalk::compare_default(const Pair& pair, bool was, bool is) {
  const std::string before = shown_value(member_of(pair.before, "default"));
  const std::string after = shown_value(member_of(pair.after, "default"));
  const std::string place = pair.place + ".default";
  if (flow_ == SchemaFlow::output) return say(place, SchemaEffect::wording, "changed");
  if (!was) return say(place, SchemaEffect::harmless, "now says that a missing value is " + after);
  say(place, SchemaEffect::breaks,
      is ? fmt::format("a missing value was {} and is {}", before, after)
         : fmt::format("no longer says that a missing value is {}", before));
}

std::vector<SchemaChange> compare_schemas(const Json& before, const Json& after, std::string_view place,
                                          SchemaFlow flow, std::size_t max_changes) {
  if (std::max(nesting_of(before), nesting_of(after)) > k_walk_depth)
    return {{std::string(place), SchemaEffect::breaks,
             fmt::format("is nested deeper than {} levels and is not judged", k_walk_depth)}};
  if (before == after) return {};
  SchemaWalk walk(before, after, flow, max_changes);
  walk.compare(before, after, std::string(place));
  std::vector<SchemaChange> changes = walk.take();
  if (changes.empty())
    changes.push_back(
        {std::string(place), SchemaEffect::wording, "is written differently and means the same"});
  return changes;
}

}  // namespace exai::suite
