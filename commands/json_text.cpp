#include "commands/json_text.hpp"

#include "core/json_access.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace json_text {
namespace {

Status status_of(std::string_view word) {
  for (const Status status : {Status::pass, Status::warn, Status::fail, Status::skip})
    if (to_string(status) == word) return status;
  return Status::unknown;
}

}  // namespace
}  // namespace json_text

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

std::optional<ReportSummary> summary_of_report(std::string_view text) {
  const auto begin = text.rfind('{', 0) == 0 ? 0 : text.find("\n{");
  if (begin == std::string_view::npos) return std::nullopt;
  const auto content = parse_json(text.substr(begin), k_file_depth);
  if (!content || !content->is_object()) return std::nullopt;
  if (const auto error = content->find("error"); error != content->end() && error->is_object())
    return ReportSummary{Status::unknown, text_of(*error, "message"), text_of(*error, "hint")};
  if (text_of(*content, "schema") != "exai.report/1") return std::nullopt;
  ReportSummary out;
  out.verdict = json_text::status_of(text_of(*content, "verdict"));
  const auto results = content->find("results");
  if (results == content->end() || !results->is_array()) return std::nullopt;
  const Json* telling = nullptr;  // the first result as grave as the verdict
  for (const Json& result : *results)
    if (telling == nullptr && text_of(result, "status") == to_string(out.verdict)) telling = &result;
  if (telling != nullptr) {
    out.summary = text_of(*telling, "summary");
    out.hint = text_of(*telling, "hint");
  }
  if (results->size() > 1) out.summary = fmt::format("{} results; {}", results->size(), out.summary);
  return out;
}

}  // namespace exai::commands
