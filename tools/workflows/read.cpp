#include "tools/workflows/read.hpp"

#include "core/text.hpp"

#include <charconv>
#include <cstdlib>

#include <fmt/core.h>

namespace exai::tools {

void DocumentReader::wrong(const Node& at, std::string message, std::string hint) {
  if (!error_) error_ = make_error(ErrorKind::config, std::move(message), std::move(hint)).at(at.where);
}

void DocumentReader::keys(const Node& map, const std::vector<std::string>& known) {
  if (!map.is_map())
    return wrong(map, "a mapping belongs here", fmt::format("possible keys: {}", join(known, ", ")));
  for (const auto& [key, value] : map.fields) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    const std::string near = did_you_mean(key, known);
    wrong(value, fmt::format("unknown key '{}'", printable(key)),
          near.empty() ? "possible keys: " + join(known, ", ") : near);
  }
}

const Node& DocumentReader::need(const Node& map, std::string_view name) {
  static const Node k_none;
  const Node* found = map.find(name);
  if (found != nullptr) return *found;
  wrong(map, fmt::format("'{}' is missing", name), fmt::format("add {}: ...", name));
  return k_none;
}

std::string DocumentReader::text(const Node& map, std::string_view name, bool needed) {
  const Node* found = map.find(name);
  if (found == nullptr && !needed) return {};
  const Node& field = found != nullptr ? *found : need(map, name);
  if (fine() && (!field.is_scalar() || trim(field.scalar).empty()))
    wrong(field, fmt::format("'{}' must be a text", name));
  return std::string(trim(field.scalar));
}

std::vector<std::string> DocumentReader::texts(const Node& map, std::string_view name) {
  std::vector<std::string> list;
  const Node* field = map.find(name);
  if (field == nullptr) return list;
  if (!field->is_list()) wrong(*field, fmt::format("'{}' must be a list of texts", name), "write [a, b]");
  for (const Node& item : field->items) {
    if (!item.is_scalar() || trim(item.scalar).empty())
      wrong(item, fmt::format("'{}' must be a list of texts", name));
    list.emplace_back(trim(item.scalar));
  }
  return list;
}

std::map<std::string, std::string> DocumentReader::text_map(const Node& map, std::string_view name) {
  std::map<std::string, std::string> texts;
  const Node* field = map.find(name);
  if (field == nullptr) return texts;
  if (!field->is_map()) wrong(*field, fmt::format("'{}' must be a mapping of texts", name));
  for (const auto& [key, value] : field->fields) {
    if (!value.is_scalar()) wrong(value, fmt::format("'{}' must be a text", printable(key)));
    texts.emplace(key, trim(value.scalar));
  }
  return texts;
}

bool DocumentReader::flag(const Node& map, std::string_view name, bool otherwise) {
  return word(map, name, {"true", "false"}, otherwise ? "true" : "false") == "true";
}

long long DocumentReader::whole(const Node& map, std::string_view name, long long least,
                                long long otherwise) {
  const Node* field = map.find(name);
  if (field == nullptr) return otherwise;
  long long value = 0;
  const char* const end = field->scalar.data() + field->scalar.size();
  const auto read = std::from_chars(field->scalar.data(), end, value);
  if (!field->is_scalar() || read.ec != std::errc{} || read.ptr != end || value < least)
    wrong(*field, fmt::format("'{}' must be a whole number of at least {}", name, least));
  return value;
}

double DocumentReader::number(const Node& map, std::string_view name, double least, double most,
                              double otherwise) {
  const Node* field = map.find(name);
  if (field == nullptr) return otherwise;
  double value = 0;
  const char* const end = field->scalar.data() + field->scalar.size();
  const auto read = std::from_chars(field->scalar.data(), end, value);
  if (!field->is_scalar() || read.ec != std::errc{} || read.ptr != end || value < least || value > most)
    wrong(*field, fmt::format("'{}' must be a number from {} to {}", name, least, most));
  return value;
}

std::string DocumentReader::word(const Node& map, std::string_view name,
                                 const std::vector<std::string>& words, std::string otherwise) {
  const Node* field = map.find(name);
  if (field == nullptr) return otherwise;
  if (std::find(words.begin(), words.end(), field->scalar) == words.end() || !field->is_scalar())
    wrong(*field, fmt::format("'{}' must be one of {}", name, join(words, ", ")),
          did_you_mean(field->scalar, words));
  return field->scalar;
}

}  // namespace exai::tools
