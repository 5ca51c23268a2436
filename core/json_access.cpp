#include "core/json_access.hpp"

#include <nlohmann/json.hpp>

namespace exai {

const Json& member_of(const Json& object, std::string_view key) {
  static const Json k_absent;
  if (!object.is_object()) return k_absent;
  const auto found = object.find(key);
  return found == object.end() ? k_absent : *found;
}

std::string text_of(const Json& object, std::string_view key) {
  const Json& value = member_of(object, key);
  return value.is_string() ? value.get<std::string>() : std::string();
}

std::optional<double> number_of(const Json& object, std::string_view key) {
  const Json& value = member_of(object, key);
  if (!value.is_number()) return std::nullopt;
  return value.get<double>();
}

}  // namespace exai
