#include "suite/derive/derived_judge.hpp"

#include "core/check.hpp"
#include "core/json_access.hpp"
#include "core/text.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::size_t k_right_refusals = 8;  // of one tool

Finding derived_finding(Status severity, std::string rule, std::string message) {
  Finding finding;
  finding.severity = severity;
  finding.rule = std::move(rule);
  finding.message = printable(message);
  return finding;
}

void add_conformance(const std::vector<ConformanceFinding>& found, std::vector<Finding>& findings) {
  for (const ConformanceFinding& one : found)
    findings.push_back(
        derived_finding(one.severity == ConformanceSeverity::error ? Status::fail : Status::warn, one.rule,
                        one.pointer.empty() ? one.message : fmt::format("{}: {}", one.pointer, one.message)));
}

/// True when the server was not even reached: that says nothing of the tool.
bool never_sent(const Error& error) {
  return std::any_of(error.context.begin(), error.context.end(), [](const std::string& doing) {
    return doing.find("opening a session") != std::string::npos;
  });
}

/// A refusal that came as an error of JSON-RPC, in the form that is compared.
Json refusal_of(const Error& error) {
  return Json{{"code", static_cast<int>(error.kind)}, {"message", error.message}};
}

}  // namespace

DerivedJudge::DerivedJudge(const Json& tools, const std::string& revision) {
  for (const Json& tool : tools) {
    ConformanceOptions options;
    options.revision = revision;
    tools_.emplace(text_of(tool, "name"), ToolJudge(tool, std::move(options)));
  }
}

std::vector<CheckResult> DerivedJudge::entries() const {
  std::vector<CheckResult> results;
  for (const auto& [name, tool] : tools_) {
    CheckResult result = check_pass("the entry is as the protocol wants it");
    result.id = "suite.entry." + printable(name);
    result.title = "what the server says of its tool";
    result.group = "suite";
    add_conformance(tool.entry(), result.findings);
    for (const Finding& finding : result.findings) {
      if (finding.severity == Status::fail || result.status == Status::pass) {
        result.status = finding.severity;
        result.summary = finding.message;
      }
      if (finding.severity == Status::fail) break;
    }
    results.push_back(std::move(result));
  }
  return results;
}

std::vector<Finding> DerivedJudge::judge(const CaseCall& call, const Observed& seen) {
  if (call.ending == Ending::cancelled) return judge_call(call, seen, {});
  std::vector<Finding> findings;
  if (seen.result)
    judge_result(call, *seen.result, findings);
  else
    judge_error(call, seen.result.error(), findings);
  if (call.limit && seen.duration > *call.limit)
    findings.push_back(derived_finding(Status::fail, "V4.time",
                                       fmt::format("longer than {}", format_duration(*call.limit))));
  std::stable_partition(findings.begin(), findings.end(),
                        [](const Finding& one) { return one.severity != Status::warn; });
  return findings;
}

void DerivedJudge::judge_result(const CaseCall& call, const Json& result, std::vector<Finding>& findings) {
  if (const auto tool = tools_.find(call.tool); tool != tools_.end())
    add_conformance(tool->second.result(result), findings);
  const bool refused = member_of(result, "isError") == true;
  if (call.ending == Ending::refused && !refused)
    findings.push_back(
        derived_finding(Status::fail, "ending", "arguments that its schema refuses were accepted"));
  if (call.ending == Ending::success && refused)
    findings.push_back(derived_finding(Status::fail, "ending", "a valid request was refused"));
  if (refused) judge_refusal(call, result, findings);
}

void DerivedJudge::judge_error(const CaseCall& call, const Error& error, std::vector<Finding>& findings) {
  const auto found = [&](Status severity, std::string rule, const std::string& message) {
    findings.push_back(derived_finding(severity, std::move(rule), message));
  };
  switch (error.kind) {
    case ErrorKind::timeout:
      return found(Status::fail, "V4.time", "no answer in time: " + error.message);
    case ErrorKind::busy:
    case ErrorKind::cancelled:
      return found(Status::unknown, "ending", "could not be asked: " + error.message);
    case ErrorKind::unreachable:
      if (never_sent(error)) return found(Status::unknown, "ending", "could not be asked: " + error.message);
      return found(Status::fail, "ending", "the connection ended with the request: " + error.message);
    case ErrorKind::internal:
    case ErrorKind::provider:
      // Well-formed, and what a server says whose backend is away; of wrong arguments it is the wrong word.
      found(call.ending == Ending::answered ? Status::warn : Status::fail, "error.internal",
            "refused as an error of the server's own instead of -32602 or isError: " + error.message);
      break;
    default:
      if (call.ending == Ending::success)
        found(Status::fail, "ending", "a valid request was refused: " + error.message);
      break;
  }
  judge_refusal(call, refusal_of(error), findings);
}

void DerivedJudge::judge_refusal(const CaseCall& call, const Json& refusal, std::vector<Finding>& findings) {
  const std::scoped_lock lock(mutex_);
  std::vector<Json>& known = refused_right_[call.tool];
  if (call.ending != Ending::refused) {
    if (known.size() < k_right_refusals) known.push_back(refusal);
    return;
  }
  if (std::any_of(known.begin(), known.end(),
                  [&](const Json& right) { return same_refusal(right, refusal); }))
    findings.push_back(derived_finding(
        Status::unknown, "refusal.same",
        "right arguments are refused in the same words: whether the tool looks at them is not known"));
}

}  // namespace exai::suite
