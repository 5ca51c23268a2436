#include "runbooks/child_report.hpp"

#include "core/json.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::runbooks {
namespace {

std::string report_text(const Json& object, const char* name) {
  const auto field = object.find(name);
  return field != object.end() && field->is_string() ? field->get<std::string>() : std::string{};
}

Status status_of_word(std::string_view word) {
  for (const Status status : {Status::pass, Status::warn, Status::fail, Status::skip})
    if (to_string(status) == word) return status;
  return Status::unknown;
}

/// The first result as grave as the verdict.
const Json* telling_result(const Json& results, Status verdict) {
  for (const Json& result : results)
    if (report_text(result, "status") == to_string(verdict)) return &result;
  return nullptr;
}

}  // namespace

std::optional<ChildReport> read_child_report(std::string_view text) {
  const auto begin = text.rfind('{', 0) == 0 ? 0 : text.find("\n{");
  if (begin == std::string_view::npos) return std::nullopt;
  const auto content = parse_json(text.substr(begin), k_file_depth);
  if (!content || !content->is_object()) return std::nullopt;
  if (const auto error = content->find("error"); error != content->end() && error->is_object())
    return ChildReport{Status::unknown, report_text(*error, "message"), report_text(*error, "hint")};
  if (report_text(*content, "schema") != "exai.report/1") return std::nullopt;
  ChildReport out;
  out.verdict = status_of_word(report_text(*content, "verdict"));
  const auto results = content->find("results");
  if (results == content->end() || !results->is_array()) return std::nullopt;
  if (const Json* telling = telling_result(*results, out.verdict)) {
    out.summary = report_text(*telling, "summary");
    out.hint = report_text(*telling, "hint");
  }
  if (results->size() > 1) out.summary = fmt::format("{} results; {}", results->size(), out.summary);
  return out;
}

}  // namespace exai::runbooks
