#include "suite/derive/conformance.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/derive/findings.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_findings = 100;
constexpr std::string_view k_latest_legacy = "2025-11-25";
/// From here on structured content is any JSON.
constexpr std::string_view k_stateless = "2026-07-28";
constexpr std::string_view k_structured_since = "2025-06-18";
constexpr std::size_t k_result_levels = 256;

std::string revision_of(const ConformanceOptions& options) {
  const std::string& text = options.revision;
  const bool date = text.size() == 10 && text[4] == '-' && text[7] == '-';
  return date ? text : std::string(k_latest_legacy);
}

/// Every text of a result: what got lost on the way shows in it.
class TextJudge {
 public:
  explicit TextJudge(FindingList& findings) : findings_(findings) {}

  void value(const Json& value) {
    if (path_.size() > k_result_levels) return;
    if (value.is_string()) text(value.get_ref<const std::string&>());
    if (value.is_array())
      for (std::size_t i = 0; i < value.size(); ++i) below(std::to_string(i), value[i]);
    if (value.is_object())
      for (const auto& [name, member] : value.get_ref<const Json::object_t&>()) below(name, member);
  }

 private:
  void below(const std::string& name, const Json& part) {
    if (!part.is_string() && !part.is_structured()) return;
    path_.push_back(name);
    value(part);
    path_.pop_back();
  }

  void text(const std::string& text) {
    if (!is_utf8(text))
      findings_.error("text.utf-8", place(), "the text is not UTF-8: encode it before it is sent");
    else if (text.find("\xEF\xBF\xBD") != std::string::npos)
      findings_.warning(
          "text.replaced", place(),
          "the text holds U+FFFD, which stands for bytes that were lost: read the source in its own "
          "encoding, and cut texts between characters");
  }

  [[nodiscard]] std::string place() const {
    Json::json_pointer at;
    for (const std::string& name : path_) at /= name;
    return at.to_string();
  }

  FindingList& findings_;
  std::vector<std::string> path_;
};

/// True when one text item says the same as JSON: what clients read that know no structured content.
bool is_mirrored(const Json& content, const Json& structured) {
  return std::any_of(content.begin(), content.end(), [&](const Json& item) {
    if (text_of(item, "type") != "text") return false;
    const Result<Json> parsed = parse_foreign_json(text_of(item, "text"), k_file_depth);
    return parsed && *parsed == structured;
  });
}

void judge_against_schema(const Json& structured, const ForeignSchema& schema, FindingList& findings) {
  if (schema.judge(structured) == ForeignSchema::Verdict::undecided)
    return findings.warning(
        "structured.undecided", "/structuredContent",
        "outputSchema is too complex to judge this answer by it: use fewer branches within "
        "branches");
  for (const mcp::SchemaProblem& problem : schema.problems(structured))
    findings.error("structured.schema", "/structuredContent" + problem.pointer,
                   fmt::format("the tool's own outputSchema expects {}: answer so, or change outputSchema",
                               problem.expected));
}

void judge_structured(const Json& result, const ForeignSchema* output, std::string_view revision,
                      FindingList& findings) {
  const bool failed = member_of(result, "isError") == true;
  if (!result.contains("structuredContent")) {
    if (output != nullptr && !failed && revision >= k_structured_since)
      findings.error(
          "structured.missing", "",
          "the tool has an outputSchema, and the answer has no structuredContent: send it with every "
          "answer that is no error, or take outputSchema away");
    return;
  }
  const Json& structured = result["structuredContent"];
  if (!structured.is_object() && revision < k_stateless)
    return findings.error(
        "structured.object", "/structuredContent",
        fmt::format("structuredContent is an object up to protocol 2025-11-25, and this is {}: "
                    "put the value into a member",
                    structured.type_name()));
  if (output != nullptr && !failed) judge_against_schema(structured, *output, findings);
  const Json& content = member_of(result, "content");
  if (!failed && content.is_array() && !is_mirrored(content, structured))
    findings.warning(
        "structured.mirror", "/content",
        "no text item says what structuredContent says: add it as JSON for clients that read texts "
        "only");
}

/// What a refusal says, without its numbers: times and identifiers differ from call to call. Nothing for a
/// success.
std::string refusal_words(const Json& answer) {
  std::string words;
  if (member_of(answer, "isError") == true) {
    words = "result";
    for (const Json& item : member_of(answer, "content")) words += " " + text_of(item, "text");
  } else if (answer.contains("code")) {
    words = "error " + text_of(answer, "message");
  }
  std::erase_if(words, [](char c) { return c >= '0' && c <= '9'; });
  return words;
}

}  // namespace

void FindingList::add(ConformanceSeverity severity, std::string_view rule, const std::string& at,
                      const std::string& message) {
  if (findings_.size() >= k_findings) return;
  findings_.push_back({severity, std::string(rule), printable(at), printable(message)});
}

bool FindingList::needed_member(const Json& object, std::string_view key, std::string_view type,
                                std::string_view rule, const std::string& at) {
  if (object.contains(key)) return optional_member(object, key, type, rule, at);
  error(rule, at, fmt::format("{} is missing: it is a {} that the protocol asks for", key, type));
  return false;
}

bool FindingList::optional_member(const Json& object, std::string_view key, std::string_view type,
                                  std::string_view rule, const std::string& at) {
  if (!object.contains(key)) return true;
  const Json& value = member_of(object, key);
  if (type == value.type_name()) return true;
  error(rule, at + "/" + std::string(key),
        fmt::format(
            "{} is {}, got {}: send the right type, or leave it out where it may be absent", key,
            type == "array" || type == "object" ? fmt::format("an {}", type) : fmt::format("a {}", type),
            value.type_name()));
  return false;
}

void judge_meta(const Json& object, const std::string& at, FindingList& findings) {
  findings.optional_member(object, "_meta", "object", "meta.object", at);
}

ToolJudge::ToolJudge(Json tool_entry, ConformanceOptions options)
    : entry_(std::move(tool_entry)), options_(std::move(options)) {
  options_.revision = revision_of(options_);
  if (const Json& output = member_of(entry_, "outputSchema"); output.is_object() || output.is_boolean())
    output_ = ForeignSchema::read(output);
}

std::vector<std::string> ToolJudge::unjudged() const {
  return output_ ? output_->unjudged() : std::vector<std::string>{};
}

std::vector<ConformanceFinding> ToolJudge::result(const Json& result) const {
  FindingList findings;
  if (!result.is_object()) {
    findings.error("result.object", "",
                   fmt::format("the result of a call is an object, got {}: send {{\"content\": "
                               "[…]}}",
                               result.type_name()));
    return findings.take();
  }
  findings.optional_member(result, "isError", "boolean", "result.is-error", "");
  judge_meta(result, "", findings);
  if (findings.needed_member(result, "content", "array", "result.content", "")) {
    const Json& content = result["content"];
    for (std::size_t i = 0; i < content.size(); ++i)
      judge_content_item(content[i], "/content/" + std::to_string(i), options_.revision, findings);
    if (content.empty() && member_of(result, "isError") == true)
      findings.warning("result.silent-error", "/content",
                       "an error without any content tells nobody what went wrong: add a text that says it");
  }
  judge_structured(result, output_ ? &*output_ : nullptr, options_.revision, findings);
  TextJudge(findings).value(result);
  if (const std::size_t size = dump_json(result).size(); size > options_.max_bytes)
    findings.warning(
        "result.size", "",
        fmt::format("the result has {} bytes, more than {}: answer in parts, or link to a resource", size,
                    options_.max_bytes));
  return findings.take();
}

std::vector<ConformanceFinding> judge_rpc_error(const Json& error) {
  FindingList findings;
  if (!error.is_object()) {
    findings.error("error.object", "", "the error of an answer is an object with code and message");
    return findings.take();
  }
  const Json& code = member_of(error, "code");
  if (!code.is_number_integer())
    findings.error("error.code", "/code", "code is a whole number: -32602 where arguments are at fault");
  else if (code == -32603)
    findings.warning("error.internal", "/code",
                     "-32603 says that the server itself is broken, and clients may not show it to a model: "
                     "answer with isError where the tool failed, with -32602 where arguments are at fault");
  findings.needed_member(error, "message", "string", "error.message", "");
  TextJudge(findings).value(error);
  return findings.take();
}

bool same_refusal(const Json& of_right, const Json& of_wrong) {
  const std::string words = refusal_words(of_right);
  return !words.empty() && words == refusal_words(of_wrong);
}

bool has_errors(const std::vector<ConformanceFinding>& findings) {
  return std::any_of(findings.begin(), findings.end(), [](const ConformanceFinding& finding) {
    return finding.severity == ConformanceSeverity::error;
  });
}

}  // namespace exai::suite
