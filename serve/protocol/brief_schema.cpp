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

/// `words`: with descriptions and choices. The order is always the same, so that equal means equal.
Ordered shortened(const Ordered& schema, bool words, int levels) {
  Ordered out = Ordered::object();
  if (!schema.is_object() || levels == 0) return out;
  const auto member = [&schema](const char* name) {
    const auto found = schema.find(name);
    return found == schema.end() ? Ordered() : *found;
  };
  const auto keep = [&](const char* name) {
    if (Ordered value = member(name); !value.is_null() && !value.empty()) out[name] = std::move(value);
  };
  if (schema.contains("type")) out["type"] = one_type(schema["type"]);
  if (words) keep("description");
  if (words) keep("enum");
  // Of a known list of objects the members are known too.
  if (const Ordered items = member("items"); items.is_object())
    out["items"] = words ? shortened(items, words, levels - 1)
                         : Ordered{{"type", one_type(items.value("type", Ordered("string")))}};
  if (const Ordered members = member("properties"); words && members.is_object()) {
    out["properties"] = Ordered::object();
    for (const auto& [name, inner] : members.items())
      out["properties"][name] = shortened(inner, words, levels - 1);
  }
  if (words) keep("required");
  keep("x-mcp-header");
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
