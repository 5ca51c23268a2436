#include "suite/derive/merge.hpp"

#include "core/json_access.hpp"

#include <algorithm>
#include <vector>

#include <nlohmann/json.hpp>

namespace exai::suite {
namespace {

constexpr int k_merge_levels = 40;
constexpr std::size_t k_merge_steps = 20'000;

bool holds(const Json& list, const Json& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Json common_types(const Json& one, const Json& other) {
  Json both = Json::array();
  for (const Json& type : one) {
    if (holds(other, type) || (type == "integer" && holds(other, "number"))) both.push_back(type);
    if (type == "number" && holds(other, "integer") && !holds(other, "number")) both.push_back("integer");
  }
  return both;
}

Json common_values(const Json& one, const Json& other) {
  Json both = Json::array();
  for (const Json& value : one)
    if (holds(other, value)) both.push_back(value);
  return both;
}

Json union_of(Json names, const Json& more) {
  for (const Json& name : more)
    if (!holds(names, name)) names.push_back(name);
  return names;
}

Json common_properties(Json one, const Json& other) {
  for (const auto& [name, schema] : other.items())
    one[name] = one.contains(name) ? Json{{"allOf", Json::array({one[name], schema})}} : schema;
  return one;
}

bool is_lower_bound(std::string_view keyword) {
  return keyword == "minimum" || keyword == "exclusiveMinimum" || keyword.starts_with("min");
}

/// What both say together with this keyword.
Json common(const std::string& keyword, const Json& one, const Json& other) {
  if (keyword == "type") return common_types(one, other);
  if (keyword == "enum") return common_values(one, other);
  if (keyword == "required") return union_of(one, other);
  if (keyword == "properties") return common_properties(one, other);
  if (keyword == "uniqueItems") return one == true || other == true;
  if (keyword == "items" || keyword == "additionalProperties") return {{"allOf", Json::array({one, other})}};
  if (one.is_number() && other.is_number() && keyword != "multipleOf")
    return is_lower_bound(keyword) ? std::max(one, other) : std::min(one, other);
  return one;  // of two patterns one is kept: the whole is judged in the end
}

void merge_into(Json& all, const Json& more) {
  for (const auto& [keyword, value] : more.items())
    all[keyword] = all.contains(keyword) ? common(keyword, all[keyword], value) : value;
}

bool impossible(const Json& schema) {
  const Json &types = member_of(schema, "type"), &values = member_of(schema, "enum");
  return (types.is_array() && types.empty()) || (values.is_array() && values.empty());
}

}  // namespace

std::optional<Json> SchemaMerger::merged(const Json& schema) {
  return flat(schema, 0);
}

const Json* SchemaMerger::branch(const Json& list) const {
  const auto plain = [](const Json& each) {
    return each != false && member_of(each, "type") != Json::array({"null"});
  };
  std::vector<const Json*> order;
  for (const bool wanted : {true, false})
    for (const Json& each : list)
      if (plain(each) == wanted) order.push_back(&each);
  return order[choice_ % order.size()];
}

std::optional<Json> SchemaMerger::flat(const Json& schema, int level) {
  if (level > k_merge_levels) return std::nullopt;
  steps_ += 1 + schema.size() + member_of(schema, "properties").size();
  if (steps_ > k_merge_steps) return std::nullopt;
  if (schema.is_boolean()) return schema == true ? std::optional<Json>(Json::object()) : std::nullopt;
  Json all = Json::object();
  for (const auto& [keyword, value] : schema.items()) {
    if (keyword != "$ref" && keyword != "allOf" && keyword != "anyOf" && keyword != "oneOf" &&
        keyword != "not" && keyword != "if" && keyword != "then" && keyword != "else" && keyword != "$defs")
      all[keyword] = value;
  }
  std::vector<const Json*> parts;
  if (const Json& ref = member_of(schema, "$ref"); ref.is_string())
    parts.push_back(&root_.at(Json::json_pointer(ref.get<std::string>().substr(1))));
  for (const Json& part : member_of(schema, "allOf")) parts.push_back(&part);
  for (const char* keyword : {"anyOf", "oneOf"})
    if (const Json& list = member_of(schema, keyword); list.is_array()) parts.push_back(branch(list));
  for (const Json* part : parts) {
    const std::optional<Json> more = flat(*part, level + 1);
    if (!more) return std::nullopt;
    merge_into(all, *more);
  }
  if (impossible(all)) return std::nullopt;
  return all;
}

}  // namespace exai::suite
