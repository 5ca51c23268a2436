#include "suite/run/rules.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/core.h>

namespace exai::suite {
namespace {

bool means_failure(std::string_view status) {
  static constexpr std::array<std::string_view, 9> k_words{"error",     "execution_error", "invalid_request",
                                                           "failed",    "failure",         "timeout",
                                                           "timed_out", "cancelled",       "unauthorized"};
  const std::string lower = to_lower(status);
  if (std::find(k_words.begin(), k_words.end(), lower) != k_words.end()) return true;
  return lower.ends_with("_failed") || lower.ends_with("_timeout") || lower.ends_with("_error");
}

/// Something that is there: no null, no false, nothing empty.
bool is_something(const Json& value) {
  if (value.is_boolean()) return value.get<bool>();
  if (value.is_string()) return !value.get_ref<const std::string&>().empty();
  return !value.is_null() && !(value.is_structured() && value.empty());
}

/// All texts of the arguments, as one.
std::string request_text(const CaseCall& call) {
  return dump_json(call.arguments);
}

constexpr std::array<std::string_view, 8> k_schema_words{"is not valid under any of the given schemas",
                                                         "is a required property",
                                                         "additional properties are not allowed",
                                                         "input validation error",
                                                         "output validation error",
                                                         "failed schema validation",
                                                         "validation errors for",
                                                         "does not match the schema"};

/// A value that stands where the answer says who it is for.
void compare(std::string_view rule, const std::string& asked, const std::optional<Json>& told,
             std::string_view what, Findings& findings) {
  if (!told || !told->is_string() || told->get_ref<const std::string&>().empty()) return;
  const auto& word = told->get_ref<const std::string&>();
  if (word == asked) return;
  findings.push_back(finding_of(
      Status::fail, std::string(rule),
      fmt::format("the answer is that of {} {} and not of {}", what, printable(word), printable(asked))));
}

/// A case that says itself what stands there knows better.
bool is_asserted(const CaseCall& call, std::string_view place) {
  return std::any_of(call.assertions.begin(), call.assertions.end(),
                     [&](const Assertion& one) { return one.place == place; });
}

std::size_t count_sequences(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  std::size_t count = 0;
  for (const std::string_view beginning : beginnings)
    for (std::size_t at = text.find(beginning); at != std::string_view::npos;
         at = text.find(beginning, at + beginning.size()))
      ++count;
  return count;
}

/// UTF-8 read as Latin-1 and written as UTF-8 again, and the character that stands for a lost one.
std::size_t broken_characters(std::string_view text) {
  return count_sequences(text, {"\xC3\x83\xC2", "\xC3\x82\xC2", "\xC3\xA2\xE2\x82\xAC", "\xC3\xA2\xC2\x80",
                                "\xC3\xA4\xC2\xB8", "\xC3\xB0\xC5\xB8", "\xEF\xBF\xBD"});
}

/// Letters of scripts from Cyrillic on, without signs and punctuation; and those of all scripts.
struct Letters {
  std::size_t foreign = 0, all = 0;
};
Letters letters_of(std::string_view text) {
  Letters letters;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    const bool latin =
        (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= 0xC3 && code <= 0xCA);
    // The first byte tells: U+0400 to U+07FF, and U+0800 on but for U+2000 to U+2FFF and what is no letter.
    const bool foreign =
        (code >= 0xD0 && code <= 0xDF) || code == 0xE0 || code == 0xE1 || (code >= 0xE3 && code <= 0xED);
    letters.foreign += foreign ? 1 : 0;
    letters.all += latin || foreign ? 1 : 0;
  }
  return letters;
}

}  // namespace

Finding finding_of(Status severity, std::string rule, std::string message) {
  Finding finding;
  finding.severity = severity;
  finding.rule = std::move(rule);
  finding.message = std::move(message);
  return finding;
}

void rule_status(const ToolAnswer& answer, Findings& findings) {
  if (!answer.body || !answer.body->is_object()) return;
  const Json& body = *answer.body;
  if (const std::string status = text_of(body, "status"); means_failure(status))
    findings.push_back(
        finding_of(Status::fail, "V1.status", fmt::format("the answer's status is {}", printable(status))));
  if (const Json& success = member_of(body, "success"); success.is_boolean() && !success.get<bool>())
    findings.push_back(finding_of(Status::fail, "V1.status", "the answer says success: false"));
  for (const char* const member : {"error", "exception"})
    if (const Json& value = member_of(body, member); is_something(value))
      findings.push_back(finding_of(Status::fail, "V1.status", fmt::format("the answer has /{}", member)));
}

void rule_schema_words(const ToolAnswer& answer, Findings& findings) {
  const std::string lower = to_lower(answer.text);
  for (const std::string_view words : k_schema_words)
    if (lower.find(words) != std::string::npos) {
      findings.push_back(finding_of(Status::fail, "V2.schema", fmt::format("the answer says \"{}\"", words)));
      return;
    }
}

void rule_empty(const ToolAnswer& answer, Findings& findings) {
  if (trim(answer.text).empty())
    findings.push_back(finding_of(Status::fail, "V3.empty", "the answer has no text"));
  else if (answer.looks_like_json && !answer.body)
    findings.push_back(finding_of(Status::fail, "V3.empty", "the text begins as JSON and is none"));
  else if (answer.body && answer.body->is_object() &&
           std::none_of(answer.body->begin(), answer.body->end(), is_something))
    findings.push_back(finding_of(Status::fail, "V3.empty", "the answer's object has nothing in it"));
}

void rule_length(const CaseCall& call, const ToolAnswer& answer, Findings& findings) {
  constexpr std::size_t k_short = 10, k_long = 100'000;
  const std::size_t size = characters(answer.text);
  if (answer.body && answer.body->is_array() && answer.body->empty()) return;  // a list that may be empty
  if (std::any_of(call.assertions.begin(), call.assertions.end(), [](const Assertion& one) {
        return one.place.empty() && (one.op == Assertion::Op::at_most || one.op == Assertion::Op::at_least);
      }))
    return;
  if (size < k_short || size > k_long)
    findings.push_back(
        finding_of(Status::warn, "V5.length",
                   fmt::format("the answer has {} than {} characters", size < k_short ? "less" : "more",
                               size < k_short ? k_short : k_long)));
}

void rule_secrets(const CaseCall& call, std::string_view text, const Redactor* known, Findings& findings) {
  if (known != nullptr && !known->clean(text)) {
    findings.push_back(finding_of(Status::fail, "secret", "the answer shows a secret of this deployment"));
    return;
  }
  const std::string kind = key_shaped(text);
  if (!kind.empty() && key_shaped(request_text(call)) != kind)
    findings.push_back(
        finding_of(Status::fail, "secret", fmt::format("the answer shows what looks like {}", kind)));
}

void rule_addressed(const CaseCall& call, const ToolAnswer& answer, Findings& findings) {
  if (!answer.body) return;
  const Json& body = *answer.body;
  for (const char* const place : {"/metadata/tool_name", "/next_call/tool", "/tool", "/tool_name"})
    compare("tool", call.tool, value_at(body, place), "the tool", findings);
  const std::string model = text_of(call.arguments, "model");
  if (!model.empty() && model != "auto")
    for (const char* const place : {"/metadata/model_used", "/model", "/model_used"})
      if (!is_asserted(call, place)) compare("model", model, value_at(body, place), "the model", findings);
  const std::string conversation = text_of(call.arguments, "continuation_id");
  if (!conversation.empty())
    for (const char* const place :
         {"/continuation_id", "/continuation_offer/continuation_id", "/next_call/arguments/continuation_id"})
      compare("conversation", conversation, value_at(body, place), "the conversation", findings);
}

void rule_structured(const Json& result, const ToolAnswer& answer, Findings& findings) {
  const Json& structured = member_of(result, "structuredContent");
  if (!structured.is_object()) return;
  // A list cannot stand there alone, and neither can a text: one of the members holds it.
  const Json text = answer.body ? *answer.body : Json(answer.text);
  const bool same = structured == text || std::any_of(structured.begin(), structured.end(),
                                                      [&](const Json& member) { return member == text; });
  const bool lines = !answer.body && !structured.empty();  // lines of a log, taken apart
  if (!same && !lines)
    findings.push_back(
        finding_of(Status::fail, "structured", "structuredContent says something else than the text"));
}

void rule_encoding(const CaseCall& call, std::string_view text, Findings& findings) {
  if (!is_utf8(text)) {
    findings.push_back(finding_of(Status::fail, "encoding", "the answer is not UTF-8"));
    return;
  }
  if (broken_characters(text) > 0 && broken_characters(request_text(call)) == 0)
    findings.push_back(
        finding_of(Status::fail, "encoding", "the answer has characters that were encoded twice or lost"));
}

void rule_language(const CaseCall& call, std::string_view text, Findings& findings) {
  constexpr std::size_t k_enough = 12, k_share = 3;  // letters; one of that many
  const Letters letters = letters_of(text);
  if (letters.foreign < k_enough || letters.foreign * k_share < letters.all) return;
  if (letters_of(request_text(call)).foreign > 0) return;
  findings.push_back(finding_of(Status::fail, "language", "the answer is in a script that nobody asked in"));
}

void rule_doubled(const Json& result, Findings& findings) {
  const Json& content = member_of(result, "content");
  if (!content.is_array()) return;
  std::set<std::string> seen;
  for (const Json& item : content)
    if (!seen.insert(dump_json(item)).second) {
      findings.push_back(finding_of(Status::fail, "doubled", "the answer has the same content twice"));
      return;
    }
}

}  // namespace exai::suite
