#include "suite/surface/schema_facts.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::pair<std::string_view, std::uint8_t> k_type_bits[] = {
    {"null", type_null},       {"boolean", type_boolean}, {"number", type_integer | type_fraction},
    {"integer", type_integer}, {"string", type_string},   {"array", type_array},
    {"object", type_object}};

std::uint8_t bits_of_name(std::string_view name) {
  for (const auto& [known, bits] : k_type_bits)
    if (known == name) return bits;
  return 0;
}

std::uint8_t bits_of_value(const Json& value) {
  if (value.is_null()) return type_null;
  if (value.is_boolean()) return type_boolean;
  if (value.is_number_integer()) return type_integer;
  if (value.is_number()) {
    const auto number = value.get<double>();
    return number == double(std::int64_t(std::clamp(number, -9e15, 9e15))) ? type_integer : type_fraction;
  }
  if (value.is_string()) return type_string;
  return value.is_array() ? type_array : type_object;
}

std::optional<std::uint8_t> named_types(const Json& schema) {
  const Json& type = member_of(schema, "type");
  if (type.is_null() && !schema.contains("type")) return type_any;
  if (type.is_string()) {
    const std::uint8_t bits = bits_of_name(type.get_ref<const std::string&>());
    return bits == 0 ? std::nullopt : std::optional(bits);
  }
  if (!type.is_array() || type.empty()) return std::nullopt;
  std::uint8_t all = 0;
  for (const Json& each : type) {
    const std::uint8_t bits = each.is_string() ? bits_of_name(each.get_ref<const std::string&>()) : 0;
    if (bits == 0) return std::nullopt;
    all |= bits;
  }
  return all;
}

/// The one branch of a keyword that has no more, and nothing beside it.
const Json* only_branch(const Json& schema) {
  for (const char* keyword : {"anyOf", "oneOf", "allOf"}) {
    const Json& branches = member_of(schema, keyword);
    if (branches.is_array() && branches.size() == 1 && !constrains(schema, keyword)) return &branches[0];
  }
  return nullptr;
}

/// What "#/a/b~1c" points at.
const Json* at_fragment(const std::string& reference, const Json& root) {
  if (reference == "#") return &root;
  if (!reference.starts_with("#/")) return nullptr;
  std::string pointer;
  for (std::size_t at = 1; at < reference.size(); ++at) {
    unsigned code = 0;
    if (reference[at] == '%' && at + 2 < reference.size() &&
        std::sscanf(reference.c_str() + at + 1, "%2x", &code) == 1) {
      pointer += char(code);
      at += 2;
    } else {
      pointer += reference[at];
    }
  }
  try {
    const Json::json_pointer path(pointer);
    return root.contains(path) ? &root.at(path) : nullptr;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

/// Properties that must be there and may have few values only: what unions are told apart by.
bool exclusive_members(const Json& one, const Json& other, const Json& root) {
  const std::vector<std::string> needed = texts_of(one, "required"), also = texts_of(other, "required");
  for (const std::string& name : needed) {
    if (std::find(also.begin(), also.end(), name) == also.end()) continue;
    const Json& left = member_of(member_of(one, "properties"), name);
    const Json& right = member_of(member_of(other, "properties"), name);
    std::string failed;
    const Json* a = resolved(left, root, failed);
    const Json* b = resolved(right, root, failed);
    if (a == nullptr || b == nullptr || !a->is_object() || !b->is_object()) continue;
    const auto values = allowed_values(*a), others = allowed_values(*b);
    if (!values || !others) continue;
    if (std::none_of(values->begin(), values->end(),
                     [&](const Json& each) { return others->count(each) > 0; }))
      return true;
  }
  return false;
}

}  // namespace

std::optional<std::uint8_t> allowed_types(const Json& schema) {
  const auto named = named_types(schema);
  if (!named) return named;
  const auto values = allowed_values(schema);
  if (!values) return named;
  std::uint8_t bits = 0;
  for (const Json& value : *values) bits |= bits_of_value(value);
  return std::uint8_t(bits & *named);
}

std::string words_of_types(std::uint8_t types) {
  if (types == 0) return "nothing";
  if (types == type_any) return "any type";
  std::vector<std::string> words;
  for (const auto& [name, bits] : k_type_bits) {
    if (name == "integer" && (types & type_fraction) != 0) continue;  // said by "number" already
    if ((types & bits) == bits) words.emplace_back(name);
  }
  if ((types & type_fraction) != 0 && (types & type_integer) == 0)
    words.emplace_back("number with a fraction");
  return join(words, " or ");
}

std::optional<std::set<Json>> allowed_values(const Json& schema) {
  const auto named = named_types(schema);
  if (!schema.is_object() || !named) return std::nullopt;
  const auto fixed = schema.find("const");
  const Json& listed = member_of(schema, "enum");
  if (fixed == schema.end() && !listed.is_array()) return std::nullopt;
  std::set<Json> values;
  const auto add = [&](const Json& value) {
    if ((bits_of_value(value) & *named) != 0) values.insert(value);
  };
  if (fixed != schema.end()) {
    if (!listed.is_array() || std::find(listed.begin(), listed.end(), *fixed) != listed.end()) add(*fixed);
    return values;
  }
  for (const Json& value : listed) add(value);
  return values;
}

bool is_wording(std::string_view keyword) {
  constexpr std::array k_wording = {
      "title", "description",         "$comment",  "examples",        "example", "deprecated", "$schema",
      "$id",   "markdownDescription", "enumNames", "enumDescriptions"};
  return std::find(k_wording.begin(), k_wording.end(), keyword) != k_wording.end();
}

bool constrains(const Json& schema, std::string_view besides) {
  if (!schema.is_object()) return !(schema.is_boolean() && schema.get<bool>());
  return std::any_of(schema.items().begin(), schema.items().end(), [&](const auto& member) {
    const std::string& keyword = member.key();
    return keyword != besides && keyword != "$defs" && keyword != "definitions" && keyword != "default" &&
           !is_wording(keyword);
  });
}

const Json* resolved(const Json& schema, const Json& root, std::string& failed) {
  constexpr int k_hops = 32;
  const Json* here = &schema;
  for (int hop = 0; hop < k_hops; ++hop) {
    if (!here->is_object()) return here;
    const auto reference = here->find("$ref");
    if (reference == here->end()) {
      const Json* only = only_branch(*here);
      if (only == nullptr) return here;
      here = only;
      continue;
    }
    failed = reference->is_string() ? reference->get<std::string>() : dump_json(*reference);
    if (!reference->is_string() || constrains(*here, "$ref")) return nullptr;
    here = at_fragment(failed, root);
    if (here == nullptr) return nullptr;
  }
  return nullptr;
}

bool exclusive(const Json& one, const Json& other, const Json& root) {
  std::string failed;
  const Json* a = resolved(one, root, failed);
  const Json* b = resolved(other, root, failed);
  if (a == nullptr || b == nullptr || !a->is_object() || !b->is_object()) return false;
  const auto types = allowed_types(*a), others = allowed_types(*b);
  if (!types || !others) return false;
  if ((*types & *others) == 0) return true;
  const auto values = allowed_values(*a), also = allowed_values(*b);
  if (values && also &&
      std::none_of(values->begin(), values->end(), [&](const Json& each) { return also->count(each) > 0; }))
    return true;
  return (*types & *others) == type_object && exclusive_members(*a, *b, root);
}

bool all_exclusive(const std::vector<const Json*>& branches, const Json& root) {
  constexpr std::size_t k_branches = 64;
  if (branches.size() > k_branches) return false;
  for (std::size_t at = 0; at < branches.size(); ++at)
    for (std::size_t next = at + 1; next < branches.size(); ++next)
      if (!exclusive(*branches[at], *branches[next], root)) return false;
  return true;
}

std::string shown_value(const Json& value) {
  constexpr std::size_t k_shown = 60;
  // What is nested deeply is not written out to show its beginning.
  if (value.is_structured() && value.size() > k_shown) return value.is_array() ? "[...]" : "{...}";
  const std::string text = printable(dump_json(value));
  if (text.size() <= k_shown) return text;
  return std::string(beginning_of(text, k_shown)) + "...";
}

const Json& subschema(const Json& schema, std::string_view keyword) {
  static const Json k_everything = true;
  if (!schema.is_object()) return k_everything;
  const auto found = schema.find(keyword);
  return found == schema.end() ? k_everything : *found;
}

bool allows_all(const Json& schema) {
  return !constrains(schema);
}

}  // namespace exai::suite
