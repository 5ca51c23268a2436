#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/surface/schema_facts.hpp"
#include "suite/surface/schema_walk.hpp"
#include "suite/surface/surface.hpp"

#include <fmt/core.h>

namespace exai::suite {
namespace {

std::set<std::string> required_names(const Json& schema) {
  const std::vector<std::string> names = texts_of(schema, "required");
  return {names.begin(), names.end()};
}

bool has_property(const Json& schema, const std::string& name) {
  return member_of(schema, "properties").is_object() && schema["properties"].contains(name);
}

std::string quoted_name(const std::string& name) {
  return shown_value(name);
}

}  // namespace

void SchemaWalk::compare_members(const Pair& pair) {
  const Json &before = member_of(pair.before, "properties"), &after = member_of(pair.after, "properties");
  const std::string place = pair.place + ".properties";
  if ((!before.is_object() && !before.is_null()) || (!after.is_object() && !after.is_null())) {
    if (before != after) say(place, SchemaEffect::breaks, "changed, and is no object of schemas");
    return;
  }
  for (const auto& [name, property] : before.items()) {
    if (const auto found = after.find(name); found == after.end())
      property_gone(pair, name, property);
    else
      compare(property, *found, joined_place(place, name));
  }
  for (const auto& [name, property] : after.items())
    if (before.find(name) == before.end()) property_new(pair, name, property);
  compare_required(pair);
  compare_under(pair, "additionalProperties");
  compare_patterns(pair);
  compare_under(pair, "propertyNames");
  compare_count(pair, "minProperties", true, 0);
  compare_count(pair, "maxProperties", false, UINT64_MAX);
  compare_dependents(pair);
}

void SchemaWalk::property_gone(const Pair& pair, const std::string& name, const Json& property) {
  const std::string place = joined_place(pair.place + ".properties", name);
  const Json& others = subschema(pair.after, "additionalProperties");
  if (flow_ == SchemaFlow::output)
    say(place, SchemaEffect::breaks, "is gone, and whoever reads it finds it no more");
  else if (others == false)
    say(place, SchemaEffect::narrowed, "is gone, and no unknown property is allowed");
  else if (allows_all(others))
    say(place, SchemaEffect::harmless, "is gone, and may still be given");
  else
    compare(property, others, place);
}

void SchemaWalk::property_new(const Pair& pair, const std::string& name, const Json& property) {
  const std::string place = joined_place(pair.place + ".properties", name);
  const Json& others = subschema(pair.before, "additionalProperties");
  // What is required as well is told once, as that.
  if (flow_ == SchemaFlow::input && required_names(pair.after).count(name) > 0) return;
  if (others == false)
    say(place, SchemaEffect::widened, "is new, and no unknown property was allowed");
  else if (allows_all(others))
    say(place, SchemaEffect::harmless, "is new and may be left out");
  else
    compare(others, property, place);
}

void SchemaWalk::compare_required(const Pair& pair) {
  const Json &listed = member_of(pair.before, "required"), &lists = member_of(pair.after, "required");
  const std::string place = pair.place + ".required";
  if ((!listed.is_null() && !listed.is_array()) || (!lists.is_null() && !lists.is_array())) {
    // Draft 3 has a boolean here.
    if (listed != lists) say(place, SchemaEffect::breaks, "changed, and is no list of names");
    return;
  }
  const std::set<std::string> before = required_names(pair.before), after = required_names(pair.after);
  for (const std::string& name : after)
    if (before.count(name) == 0)
      say(place, SchemaEffect::narrowed,
          fmt::format("now requires the {}property {}", has_property(pair.before, name) ? "" : "new ",
                      quoted_name(name)));
  for (const std::string& name : before)
    if (after.count(name) == 0 && (has_property(pair.after, name) || !has_property(pair.before, name)))
      say(place, SchemaEffect::widened, fmt::format("no longer requires the property {}", quoted_name(name)));
}

void SchemaWalk::compare_patterns(const Pair& pair) {
  const Json& before = member_of(pair.before, "patternProperties");
  const Json& after = member_of(pair.after, "patternProperties");
  if (before == after && !before.is_object()) return;
  const std::string place = pair.place + ".patternProperties";
  for (const auto& [pattern, property] : before.items()) {
    const auto found = after.find(pattern);
    if (found != after.end())
      compare(property, *found, joined_place(place, pattern));
    else
      say(joined_place(place, pattern), SchemaEffect::breaks, "is gone, and what it covered cannot be told");
  }
  for (const auto& [pattern, property] : after.items())
    if (before.find(pattern) == before.end())
      say(joined_place(place, pattern), SchemaEffect::breaks, "is new, and what it covers cannot be told");
}

void SchemaWalk::compare_dependents(const Pair& pair) {
  const Json& before = member_of(pair.before, "dependentRequired");
  const Json& after = member_of(pair.after, "dependentRequired");
  if (before == after) return;
  const std::string place = pair.place + ".dependentRequired";
  std::set<std::pair<std::string, std::string>> were, are;
  for (const auto& [name, needed] : before.items())
    for (const std::string& other : texts_of(needed)) were.emplace(name, other);
  for (const auto& [name, needed] : after.items())
    for (const std::string& other : texts_of(needed)) are.emplace(name, other);
  for (const auto& [name, other] : are)
    if (were.count({name, other}) == 0)
      say(place, SchemaEffect::narrowed,
          fmt::format("{} now requires {}", quoted_name(name), quoted_name(other)));
  for (const auto& [name, other] : were)
    if (are.count({name, other}) == 0)
      say(place, SchemaEffect::widened,
          fmt::format("{} no longer requires {}", quoted_name(name), quoted_name(other)));
}

}  // namespace exai::suite
