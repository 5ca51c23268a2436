#include "core/json.hpp"

#include "core/loose_json.hpp"
#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai {

std::vector<std::string> texts_of(const Json& array) {
  std::vector<std::string> texts;
  if (!array.is_array()) return texts;
  for (const Json& item : array)
    if (item.is_string()) texts.push_back(item.get<std::string>());
  return texts;
}

std::vector<std::string> texts_of(const Json& object, std::string_view field) {
  const auto found = object.find(field);
  return found == object.end() ? std::vector<std::string>{} : texts_of(*found);
}

Result<std::string> json_at(std::string_view text, std::string_view path) {
  const Result<Json> document = parse_json(text);
  if (!document) return fail(document.error());
  const Json* at = &*document;
  for (const std::string& part : split(path, '.')) {
    const bool index = at->is_array() && !part.empty() &&
                       std::all_of(part.begin(), part.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (index && part.size() < 9 && std::stoul(part) < at->size())
      at = &(*at)[std::stoul(part)];
    else if (at->is_object() && at->contains(part))
      at = &(*at)[part];
    else
      return fail(ErrorKind::not_found, fmt::format("there is no \"{}\" in the answer ({})", part, path));
  }
  return at->is_string() ? at->get<std::string>() : dump_json(*at);
}

Json loose_json(std::string_view text, LooseForm& form) {
  const auto object_in = [](std::string_view part) -> Json {
    Result<Json> value = parse_json(trim(part));
    return value && value->is_object() ? std::move(*value) : Json();
  };
  const auto found = [&form](Json& value, LooseForm how) {
    if (value.is_null()) return false;
    form = how;
    return true;
  };
  Json value = object_in(text);
  if (found(value, LooseForm::direct)) return value;
  if (const std::string_view block = fenced_block(text); !block.empty()) {
    value = object_in(block);
    if (found(value, LooseForm::fenced)) return value;
  }
  const auto first = text.find('{'), last = text.rfind('}');
  if (first != std::string_view::npos && last != std::string_view::npos && last > first) {
    value = object_in(text.substr(first, last - first + 1));
    if (found(value, LooseForm::braces)) return value;
  }
  if (first != std::string_view::npos) {
    value = object_in(close_json(text.substr(first)));
    // An object that lost all its members says nothing.
    if (!value.empty() && found(value, LooseForm::repaired)) return value;
  }
  form = LooseForm::none;
  return nullptr;
}

}  // namespace exai
