#include "suite/run/judge.hpp"

#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/run/rules.hpp"

#include <algorithm>
#include <regex>

#include <fmt/core.h>

namespace exai::suite {
namespace {

/// What a person gets to see of a value.
std::string shown(const Json& value) {
  constexpr std::size_t k_shown = 80;
  const std::string text = dump_json(value);
  return printable(beginning_of(text, k_shown)) + (text.size() > k_shown ? "..." : "");
}

std::string text_for(const Json& value) {
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

bool matches_pattern(const std::string& pattern, const std::string& text) {
  constexpr std::size_t k_searched = 20'000;  // std::regex is recursive: a long text is its stack
  try {
    return std::regex_search(std::string(beginning_of(text, k_searched)), std::regex(pattern));
  } catch (const std::regex_error&) {
    return false;
  }
}

/// Numbers as they are; texts by their characters, lists and objects by their members.
std::optional<double> measure_of(const Json& value) {
  if (value.is_number()) return value.get<double>();
  if (value.is_string()) return static_cast<double>(characters(value.get_ref<const std::string&>()));
  if (value.is_structured()) return static_cast<double>(value.size());
  return std::nullopt;
}

bool has_type(const Json& value, std::string_view type) {
  if (type == "integer") return value.is_number_integer();
  return value.type_name() == type;
}

bool compares(const Assertion& assertion, const Json& value) {
  switch (assertion.op) {
    case Assertion::Op::equals:
      return value == assertion.value;
    case Assertion::Op::contains:
      return text_for(value).find(text_for(assertion.value)) != std::string::npos;
    case Assertion::Op::excludes:
      return text_for(value).find(text_for(assertion.value)) == std::string::npos;
    case Assertion::Op::matches:
      return matches_pattern(text_for(assertion.value), text_for(value));
    case Assertion::Op::type:
      return has_type(value, text_for(assertion.value));
    case Assertion::Op::at_least:
    case Assertion::Op::at_most: {
      const auto measured = measure_of(value);
      if (!measured || !assertion.value.is_number()) return false;
      const auto bound = assertion.value.get<double>();
      return assertion.op == Assertion::Op::at_least ? *measured >= bound : *measured <= bound;
    }
    case Assertion::Op::exists:
    case Assertion::Op::absent:
      break;
  }
  return assertion.op == Assertion::Op::exists;
}

std::string_view word_of(Assertion::Op op) {
  switch (op) {
    case Assertion::Op::equals:
      return "equals";
    case Assertion::Op::contains:
      return "contains";
    case Assertion::Op::excludes:
      return "leaves out";
    case Assertion::Op::matches:
      return "matches";
    case Assertion::Op::exists:
      return "exists";
    case Assertion::Op::absent:
      return "is absent";
    case Assertion::Op::type:
      return "has the type";
    case Assertion::Op::at_least:
      return "is at least";
    case Assertion::Op::at_most:
      return "is at most";
  }
  return "";
}

bool is_refusal(ErrorKind kind) {
  return kind == ErrorKind::invalid || kind == ErrorKind::not_found || kind == ErrorKind::refused ||
         kind == ErrorKind::missing_input || kind == ErrorKind::usage;
}

void judge_assertions(const CaseCall& call, const ToolAnswer& answer, Findings& findings) {
  for (const Assertion& assertion : call.assertions) {
    std::string why;
    if (assertion_holds(assertion, answer, why)) continue;
    const bool plain = assertion.op == Assertion::Op::exists || assertion.op == Assertion::Op::absent;
    findings.push_back(finding_of(
        Status::fail, "assertion",
        fmt::format("{} {}{}{}: {}", assertion.place.empty() ? "the text" : assertion.place,
                    word_of(assertion.op), plain ? "" : " ", plain ? "" : shown(assertion.value), why)));
  }
}

void judge_schema(const CaseCall& call, const Json& result, const JudgeFacts& facts, Findings& findings) {
  const auto schema = facts.answers.find(call.tool);
  if (schema == facts.answers.end()) return;
  const Json& structured = member_of(result, "structuredContent");
  if (structured.is_null()) {
    findings.push_back(finding_of(Status::fail, "protocol",
                                  "the tool has an outputSchema, its answer no structuredContent"));
    return;
  }
  if (const auto problems = schema->second.check(structured); !problems.empty())
    findings.push_back(finding_of(
        Status::fail, "protocol",
        printable(fmt::format("structuredContent does not fit outputSchema: {}", mcp::to_line(problems)))));
}

void judge_success(const CaseCall& call, const Json& result, const ToolAnswer& answer,
                   const JudgeFacts& facts, Findings& findings) {
  rule_empty(answer, findings);
  rule_status(answer, findings);
  rule_schema_words(answer, findings);
  rule_addressed(call, answer, findings);
  rule_structured(result, answer, findings);
  judge_schema(call, result, facts, findings);
  rule_doubled(result, findings);
  rule_language(call, answer.text, findings);
  rule_length(call, answer, findings);
}

/// What a refusal must be: words that say what is wrong, and none of a crash.
void judge_refusal(const ToolAnswer& answer, Findings& findings) {
  static constexpr std::array<std::string_view, 4> k_crashes{
      "Traceback (most recent call last)", "terminate called", "Segmentation fault", "std::exception"};
  if (trim(answer.text).empty())
    findings.push_back(finding_of(Status::fail, "V3.empty", "the refusal does not say why"));
  for (const std::string_view crash : k_crashes)
    if (answer.text.find(crash) != std::string::npos)
      findings.push_back(
          finding_of(Status::fail, "protocol", fmt::format("the refusal is a crash: {}", crash)));
}

void judge_answer(const CaseCall& call, const Json& result, const JudgeFacts& facts, Findings& findings) {
  const ToolAnswer answer = read_answer(result);
  for (const std::string& broken : answer.broken)
    findings.push_back(finding_of(Status::fail, "protocol", broken));
  if (answer.broken.empty()) {
    if (call.ending == Ending::success && answer.is_error)
      findings.push_back(finding_of(
          Status::fail, "ending", fmt::format("a valid request was refused: {}", shown(Json(answer.text)))));
    if (call.ending == Ending::refused && !answer.is_error)
      findings.push_back(finding_of(Status::fail, "ending", "an invalid request was accepted"));
    if (answer.is_error)
      judge_refusal(answer, findings);
    else
      judge_success(call, result, answer, facts, findings);
    judge_assertions(call, answer, findings);
  }
  const std::string all = dump_json(result);
  rule_secrets(call, all, facts.secrets, findings);
  rule_encoding(call, all, findings);
}

void judge_error(const CaseCall& call, const Error& error, const JudgeFacts& facts, Findings& findings) {
  const std::string message = printable(error.message);
  if (facts.secrets != nullptr) rule_secrets(call, message, facts.secrets, findings);
  if (error.kind == ErrorKind::timeout) {
    findings.push_back(
        finding_of(Status::fail, "V4.time",
                   call.limit ? fmt::format("no answer within {}", format_duration(*call.limit)) : message));
    return;
  }
  if (error.kind == ErrorKind::unreachable || error.kind == ErrorKind::busy ||
      error.kind == ErrorKind::cancelled) {
    findings.push_back(finding_of(Status::unknown, "ending", fmt::format("could not be asked: {}", message)));
    return;
  }
  if (is_refusal(error.kind) && call.ending != Ending::success) {
    ToolAnswer answer;
    answer.text = error.message;
    answer.is_error = true;
    judge_refusal(answer, findings);
    judge_assertions(call, answer, findings);
    return;
  }
  findings.push_back(finding_of(
      Status::fail, "ending",
      fmt::format("{}: {}", is_refusal(error.kind) ? "a valid request was refused" : "the call failed",
                  message)));
}

void judge_time(const CaseCall& call, const Observed& seen, Findings& findings) {
  if (call.limit && seen.duration > *call.limit)
    findings.push_back(
        finding_of(Status::fail, "V4.time", fmt::format("longer than {}", format_duration(*call.limit))));
  else if (call.expected && seen.duration > *call.expected)
    findings.push_back(
        finding_of(Status::warn, "V4.time", fmt::format("longer than {}", format_duration(*call.expected))));
}

/// Whatever came of it, the server goes on.
void judge_cancelled(const Observed& seen, Findings& findings) {
  if (seen.silence)
    findings.push_back(finding_of(Status::fail, "ending",
                                  fmt::format("the server does not answer after a cancellation: {}",
                                              printable(seen.silence->message))));
  else if (!seen.result && seen.result.error().kind == ErrorKind::unreachable)
    findings.push_back(finding_of(Status::fail, "ending", "the connection ended with the cancellation"));
}

}  // namespace

bool assertion_holds(const Assertion& assertion, const ToolAnswer& answer, std::string& why) {
  std::optional<Json> value;
  if (assertion.place.empty())
    value = answer.text;
  else if (answer.body)
    value = value_at(*answer.body, assertion.place);
  if (!value) {
    why = answer.body ? "there is none" : "the answer is no JSON";
    return assertion.op == Assertion::Op::absent;
  }
  if (assertion.op == Assertion::Op::absent) {
    why = "there is " + shown(*value);
    return false;
  }
  why = "it is " + shown(*value);
  return compares(assertion, *value);
}

std::vector<Finding> judge_call(const CaseCall& call, const Observed& seen, const JudgeFacts& facts) {
  Findings findings;
  if (call.ending == Ending::cancelled) {
    judge_cancelled(seen, findings);
    return findings;
  }
  if (seen.result)
    judge_answer(call, *seen.result, facts, findings);
  else
    judge_error(call, seen.result.error(), facts, findings);
  judge_time(call, seen, findings);
  if (seen.result && seen.progress < call.progress)
    findings.push_back(finding_of(
        Status::fail, "progress",
        fmt::format("{} pieces came before the answer, {} are due", seen.progress, call.progress)));
  // Warnings come last: the first finding is the reason.
  std::stable_partition(findings.begin(), findings.end(),
                        [](const Finding& one) { return one.severity != Status::warn; });
  return findings;
}

}  // namespace exai::suite
