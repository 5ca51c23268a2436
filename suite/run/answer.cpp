#include "suite/run/answer.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// The member that an item of that type must have; "" for a type that MCP does not know.
std::string_view needed_member(std::string_view type) {
  if (type == "text") return "text";
  if (type == "image" || type == "audio") return "data";
  if (type == "resource") return "resource";
  return type == "resource_link" ? "uri" : "";
}

void read_item(const Json& item, std::size_t index, ToolAnswer& answer, bool& first) {
  const std::string type = text_of(item, "type");
  const std::string_view member = needed_member(type);
  if (member.empty()) {
    answer.broken.push_back(fmt::format("/content/{} has the type \"{}\"", index, printable(type)));
    return;
  }
  const Json& value = member_of(item, member);
  if (value.is_null() || (member != "resource" && !value.is_string())) {
    answer.broken.push_back(fmt::format("/content/{} has no {}", index, member));
    return;
  }
  if (type != "text") return;
  const auto& text = value.get_ref<const std::string&>();
  if (first) {
    const std::string_view begins = trim(text);
    const bool lines = parse_json(begins.substr(0, begins.find('\n')), k_file_depth).has_value();
    answer.looks_like_json = (begins.starts_with('{') || begins.starts_with('[')) && !lines;
    if (auto body = parse_json(text, k_file_depth); body && body->is_structured())
      answer.body = std::move(*body);
  }
  first = false;
  if (!answer.text.empty()) answer.text += '\n';
  answer.text += text;
}

/// One step of a pointer, "~1" and "~0" read.
std::string step_of(std::string_view raw) {
  std::string step;
  for (std::size_t at = 0; at < raw.size(); ++at) {
    const bool escaped = raw[at] == '~' && at + 1 < raw.size();
    step += !escaped ? raw[at] : raw[++at] == '1' ? '/' : '~';
  }
  return step;
}

std::optional<Json> member_at(const Json& value, const std::string& step) {
  if (value.is_object()) {
    const auto found = value.find(step);
    if (found == value.end()) return std::nullopt;
    return *found;
  }
  const auto index = read_digits(step);
  if (!value.is_array() || !index || std::size_t(*index) >= value.size()) return std::nullopt;
  return value[std::size_t(*index)];
}

double sum_of(const Json& usage) {
  return number_of(usage, "prompt_tokens").value_or(0) + number_of(usage, "completion_tokens").value_or(0);
}

}  // namespace

ToolAnswer read_answer(const Json& result) {
  ToolAnswer answer;
  if (!result.is_object()) {
    answer.broken.emplace_back("the result is no object");
    return answer;
  }
  const Json& error = member_of(result, "isError");
  answer.is_error = error.is_boolean() && error.get<bool>();
  if (!error.is_null() && !error.is_boolean())
    answer.broken.emplace_back("isError is neither true nor false");
  const Json& structured = member_of(result, "structuredContent");
  if (!structured.is_null() && !structured.is_object())
    answer.broken.emplace_back("structuredContent is no object");
  const Json& content = member_of(result, "content");
  if (!content.is_array()) {
    answer.broken.emplace_back("content is no list");
    return answer;
  }
  bool first = true;
  for (std::size_t index = 0; index < content.size(); ++index)
    read_item(content[index], index, answer, first);
  return answer;
}

std::optional<Json> value_at(const Json& body, std::string_view pointer) {
  std::optional<Json> value = body;
  while (!pointer.empty() && value) {
    pointer.remove_prefix(1);  // the slash
    const std::string step = step_of(pointer.substr(0, pointer.find('/')));
    pointer.remove_prefix(std::min(pointer.find('/'), pointer.size()));
    if (value->is_string()) {
      auto inner = parse_json(value->get_ref<const std::string&>(), k_file_depth);
      if (!inner) return std::nullopt;
      value = std::move(*inner);
    }
    value = member_at(*value, step);
  }
  return value;
}

AnswerUsage usage_of(const ToolAnswer& answer) {
  AnswerUsage usage;
  if (!answer.body) return usage;
  const Json& metadata = member_of(*answer.body, "metadata");
  for (const Json* place : {&metadata, &*answer.body})
    if (const Json& counted = member_of(*place, "usage"); counted.is_object() && !usage.tokens)
      usage.tokens = static_cast<std::int64_t>(sum_of(counted));
  usage.cost_usd = number_of(metadata, "cost_usd");
  if (!usage.cost_usd) usage.cost_usd = number_of(*answer.body, "cost_usd");
  usage.model = text_of(metadata, "model_used");
  if (usage.model.empty()) usage.model = text_of(*answer.body, "model");
  usage.provider = to_lower(text_of(metadata, "provider_used"));
  if (usage.provider.empty()) usage.provider = to_lower(text_of(*answer.body, "provider"));
  return usage;
}

}  // namespace exai::suite
