#include "commands/json_text.hpp"

#include "core/json_access.hpp"

#include <nlohmann/json.hpp>

namespace exai::commands {
std::vector<Fact> facts_of_json(std::string_view text) {
  std::vector<Fact> facts;
  const auto content = parse_json(text);
  if (!content || !content->is_object()) return facts;
  for (const auto& [key, value] : content->items()) {
    if (value.is_structured() || value.is_null()) continue;
    Fact& fact = facts.emplace_back();
    fact.name = key;
    fact.text = value.is_string() ? value.get<std::string>() : dump_json(value);
    if (value.is_number()) fact.number = value.get<double>();
  }
  return facts;
}

std::optional<long> integer_of_json(std::string_view text, std::string_view name) {
  const auto content = parse_json(text);
  if (!content || !content->is_object()) return std::nullopt;
  const auto field = content->find(std::string(name));
  if (field == content->end() || !field->is_number_integer()) return std::nullopt;
  return field->get<long>();
}

std::string json_or_quoted(const std::string& line) {
  return parse_json(line) ? line : quote_json(line);
}

}  // namespace exai::commands
