#include "suite/catalogue/node_json.hpp"

#include "core/text.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::suite {
namespace {

constexpr std::size_t k_longest_text = std::size_t{16} << 20U;

tl::unexpected<Error> misplaced(const Node& node, std::string message) {
  return fail(make_error(ErrorKind::config, std::move(message)).at(node.where));
}

/// Words and numbers of JSON; nothing for a text.
std::optional<Json> literal(const std::string& text) {
  if (text == "true") return Json(true);
  if (text == "false") return Json(false);
  if (text == "null" || text == "~") return Json();
  if (text.empty() || (text.front() != '-' && (text.front() < '0' || text.front() > '9')))
    return std::nullopt;
  auto number = parse_json(text);
  if (!number || !number->is_number()) return std::nullopt;
  return std::move(*number);
}

Json scalar_of(const Node& node, const Values& values) {
  const std::string& text = node.scalar;
  if (text.starts_with("${") && text.find('}') == text.size() - 1)
    if (const auto known = values.find(std::string_view(text).substr(2, text.size() - 3));
        known != values.end())
      return known->second;
  if (auto word = literal(text)) return std::move(*word);
  return text_with(text, values);
}

Result<Json> repeated(const Node& node, const Values& values) {
  const std::string piece = text_with(node.text("$repeat"), values);
  const auto times = read_digits(node.text("times"));
  if (node.fields.size() != 2 || !times || piece.empty() ||
      piece.size() * std::size_t(*times) > k_longest_text)
    return misplaced(node, "a repeated text is {$repeat: TEXT, times: NUMBER}, 16 MiB at most");
  std::string text;
  text.reserve(piece.size() * std::size_t(*times));
  for (int count = 0; count < *times; ++count) text += piece;
  return Json(std::move(text));
}

Result<Json> object_of(const Node& node, const Values& values) {
  if (node.find("$repeat") != nullptr) return repeated(node, values);
  if (const Node* text = node.find("$text"); text != nullptr && node.fields.size() == 1)
    return Json(text_with(text->scalar, values));
  Json object = Json::object();
  for (const auto& [name, field] : node.fields) {
    auto value = json_of(field, values);
    if (!value) return value;
    object[name] = std::move(*value);
  }
  return object;
}

}  // namespace

std::string text_with(std::string text, const Values& values) {
  for (const auto& [name, value] : values) {
    const std::string mark = "${" + name + "}";
    const std::string instead = value.is_string() ? value.get<std::string>() : dump_json(value);
    for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + instead.size()))
      text.replace(at, mark.size(), instead);
  }
  return text;
}

Result<Json> json_of(const Node& node, const Values& values) {
  switch (node.kind) {
    case Node::Kind::null:
      return Json();
    case Node::Kind::scalar:
      return scalar_of(node, values);
    case Node::Kind::map:
      return object_of(node, values);
    case Node::Kind::list:
      break;
  }
  Json list = Json::array();
  for (const Node& item : node.items) {
    auto value = json_of(item, values);
    if (!value) return value;
    list.push_back(std::move(*value));
  }
  return list;
}

}  // namespace exai::suite
