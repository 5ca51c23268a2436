#include "serve/protocol/brief_schema.hpp"

#include <array>

#include <nlohmann/json.hpp>

namespace exai::serve {
namespace brief_schemas {
namespace {

using Ordered = nlohmann::ordered_json;  // people and models read the members from the top

constexpr int k_levels = 8;

Ordered parsed(std::string_view text) {
  return Ordered::parse(text, nullptr, false);
}

Ordered one_type(const Ordered& type) {
  if (!type.is_array()) return type;
  for (const Ordered& one : type)
    if (one != "null") return one;
  return "string";
}

/// `words`: with descriptions and choices.
Ordered shortened(const Ordered& schema, bool words, int levels) {
  Ordered out = Ordered::object();
  if (!schema.is_object() || levels == 0) return out;
  for (const auto& [name, value] : schema.items()) {
    if (name == "type") {
      out[name] = one_type(value);
    } else if (name == "x-mcp-header" || (words && name == "enum")) {
      out[name] = value;
    } else if (words && name == "description" && value.is_string() &&
               !value.get_ref<const std::string&>().empty()) {
      out[name] = value;
    } else if (name == "items") {
      // Of a known list of objects the members are known too.
      out[name] = words ? shortened(value, words, levels - 1)
                        : Ordered{{"type", one_type(value.value("type", Ordered("string")))}};
    } else if (name == "properties" && words) {
      Ordered members = Ordered::object();
      for (const auto& [member, inner] : value.items()) members[member] = shortened(inner, words, levels - 1);
      out[name] = std::move(members);
    } else if (name == "required" && words && !value.empty()) {
      out[name] = value;
    }
  }
  return out;
}

}  // namespace
}  // namespace brief_schemas

bool BriefSchemas::covers(std::string_view schema) {
  constexpr std::array<std::string_view, 9> k_own{"\"$schema\"", "\"$defs\"", "\"$ref\"",
                                                  "\"$anchor\"", "\"anyOf\"", "\"oneOf\"",
                                                  "\"allOf\"",   "\"if\"",    "\"not\""};
  for (const std::string_view keyword : k_own)
    if (schema.find(keyword) != std::string_view::npos) return false;
  return true;
}

std::string BriefSchemas::brief(std::string_view schema) {
  using namespace brief_schemas;
  const Ordered document = parsed(schema);
  Ordered properties = Ordered::object();
  if (const auto found = document.find("properties"); found != document.end())
    for (const auto& [name, property] : found->items()) {
      // Limits and defaults are not shown, so they make no difference here.
      Ordered full = shortened(property, true, k_levels);
      const auto [known, fresh] = said_.emplace(name, full.dump());
      const bool again = !fresh && known->second == full.dump();
      properties[name] = again ? shortened(property, false, k_levels) : std::move(full);
    }
  Ordered out = Ordered::object();
  out["type"] = "object";
  out["properties"] = std::move(properties);
  if (const auto required = document.find("required"); required != document.end() && !required->empty())
    out["required"] = *required;
  return out.dump();
}

}  // namespace exai::serve
