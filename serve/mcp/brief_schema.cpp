#include "serve/mcp/brief_schema.hpp"

#include "core/json.hpp"

#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace exai::serve::mcp {
namespace {

using Ordered = nlohmann::ordered_json;  // people and models read the members from the top

constexpr int k_levels = 8;

Ordered one_type(const Ordered& type) {
  if (!type.is_array()) return type;
  for (const Ordered& one : type)
    if (one != "null") return one;
  return "string";
}

/// Writes the members of one object; a tree of what is left out first would cost more than all the rest.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) { out_ += '{'; }
  std::string& name(std::string_view name) {
    if (!std::exchange(first_, false)) out_ += ',';
    return out_.append(quote_json(name)).append(1, ':');
  }
  void end() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

const Ordered* member(const Ordered& schema, const char* name) {
  const auto found = schema.find(name);
  return found == schema.end() || found->is_null() || found->empty() ? nullptr : &*found;
}

void shorten(const Ordered& schema, bool words, int levels, std::string& out);

/// The type of the items; of a known list of objects (`words`) the members too.
void shorten_items(const Ordered& items, bool words, int levels, Members& members) {
  if (words) return shorten(items, words, levels, members.name("items"));
  members.name("items")
      .append("{\"type\":")
      .append(one_type(items.value("type", Ordered("string"))).dump()) += '}';
}

/// `words`: with descriptions and choices. The order is always the same, so that equal means equal.
void shorten(const Ordered& schema, bool words, int levels, std::string& out) {
  Members members(out);
  if (schema.is_object() && levels > 0) {
    const auto copy_member = [&](const char* name) {
      if (const Ordered* value = member(schema, name)) members.name(name) += value->dump();
    };
    if (const Ordered* type = member(schema, "type")) members.name("type") += one_type(*type).dump();
    if (words) copy_member("description");
    if (words) copy_member("enum");
    if (const Ordered* items = member(schema, "items"); items != nullptr && items->is_object())
      shorten_items(*items, words, levels - 1, members);
    if (const Ordered* inner = member(schema, "properties");
        words && inner != nullptr && inner->is_object()) {
      Members below(members.name("properties"));
      for (const auto& [name, property] : inner->items())
        shorten(property, words, levels - 1, below.name(name));
      below.end();
    }
    if (words) copy_member("required");
    copy_member("x-mcp-header");
  }
  members.end();
}

}  // namespace

bool BriefSchemas::covers(std::string_view schema) {
  constexpr std::array<std::string_view, 9> k_own{"\"$schema\"", "\"$defs\"", "\"$ref\"",
                                                  "\"$anchor\"", "\"anyOf\"", "\"oneOf\"",
                                                  "\"allOf\"",   "\"if\"",    "\"not\""};
  for (const std::string_view keyword : k_own)
    if (schema.find(keyword) != std::string_view::npos) return false;
  return true;
}

std::string BriefSchemas::brief(std::string_view schema) {
  const Ordered document = Ordered::parse(schema, nullptr, false);
  std::string text;
  Members members(text);
  members.name("type") += "\"object\"";
  Members properties(members.name("properties"));
  if (const auto found = document.find("properties"); found != document.end())
    for (const auto& [name, property] : found->items()) {
      // Limits and defaults are not shown, so they make no difference here.
      std::string full;
      shorten(property, true, k_levels, full);
      const auto [known, fresh] = shown_.emplace(name, full);
      if (!fresh && known->second == full)
        shorten(property, false, k_levels, properties.name(name));
      else
        properties.name(name) += full;
    }
  properties.end();
  if (const Ordered* required = member(document, "required")) members.name("required") += required->dump();
  members.end();
  return text;
}

}  // namespace exai::serve::mcp
