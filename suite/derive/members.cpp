// What is left out, of another type, or not known.
#include "core/json_access.hpp"
#include "suite/derive/tool_cases.hpp"

#include <algorithm>

namespace exai::suite {
namespace {

constexpr std::string_view k_unknown_member = "surely_unknown_member";

bool is_member(const SamplePlace& place, const Json& sample) {
  const Json::json_pointer parent = place.at.parent_pointer();
  return sample.contains(parent) && sample[parent].is_object();
}

/// Values of other types, the likeliest mistake first. None is what common libraries turn into the right type
/// without a word, such as "1" for 1 or "no" for false.
std::vector<Json> others_than(const Json& value) {
  if (value.is_string()) return {12345, {{"unexpected", true}}, Json::array({12345})};
  if (value.is_number()) return {"twelve", {{"unexpected", true}}};
  if (value.is_boolean()) return {"maybe", {{"unexpected", true}}};
  if (value.is_array()) return {{{"unexpected", true}}, 12345, "a text"};
  if (value.is_object()) return {"a text", 12345};
  return {{{"unexpected", true}}, "a text", 12345};
}

}  // namespace

void derive_missing(ToolCases& cases) {
  for (const SamplePlace& place : cases.all.places) {
    if (!is_member(place, cases.all.value) || !cases.may_try(place)) continue;
    // What has a default is often listed as required by generators that look at the result of reading.
    if (place.schema.contains("default") || cases.is_full("missing")) continue;
    cases.refused("missing", place.at.to_string(), cases.without(place));
  }
}

void derive_wrong_types(ToolCases& cases) {
  for (const SamplePlace& place : cases.all.places) {
    if (!cases.all.value.contains(place.at) || !cases.may_try(place)) continue;
    // A careless server takes any value for a yes, and a yes may be all that a tool waits for.
    if (!cases.safe && cases.all.value[place.at].is_boolean()) continue;
    if (cases.is_full("wrong_type")) continue;
    for (const Json& other : others_than(cases.all.value[place.at])) {
      Json arguments = cases.with(place, other);
      if (cases.schema.judge(arguments) != ForeignSchema::Verdict::violates) continue;
      cases.refused("wrong_type", place.at.to_string() + " as " + std::string(other.type_name()),
                    std::move(arguments));
      break;
    }
  }
}

void derive_unknown_fields(ToolCases& cases) {
  Json arguments = cases.fewest.value;
  arguments[std::string(k_unknown_member)] = "a text";
  if (!cases.refused("unknown_field", "", arguments)) cases.answered("unknown_field", "", arguments);
  for (const SamplePlace& place : cases.all.places) {
    if (!cases.all.value.contains(place.at) || !cases.all.value[place.at].is_object()) continue;
    if (member_of(place.schema, "additionalProperties") != false) continue;
    Json inner = cases.all.value[place.at];
    inner[std::string(k_unknown_member)] = "a text";
    if (cases.refused("unknown_field", "in " + place.at.to_string(), cases.with(place, std::move(inner))))
      return;
  }
}

}  // namespace exai::suite
