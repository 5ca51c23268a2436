// SARIF 2.1: what scanners found. A finding is a test of its rule that failed; a rule that a finished scan
// names and found nothing for has passed.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/results/format.hpp"
#include "suite/results/json_text.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/texts.hpp"

#include <map>
#include <set>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::suite {
namespace {

/// Decided against for good: without a status, or accepted.
bool is_suppressed(const Json& result) {
  const Json& list = member_of(result, "suppressions");
  if (!list.is_array()) return false;
  return std::any_of(list.begin(), list.end(), [](const Json& item) {
    const std::string status = text_of(item, "status");
    return status.empty() || status == "accepted";
  });
}

int as_index(const Json& value) {
  return value.is_number_unsigned() && value < 1'000'000'000 ? value.get<int>() : -1;
}

const Json& at_index(const Json& array, int index) {
  static const Json k_absent;
  return array.is_array() && index >= 0 && static_cast<std::size_t>(index) < array.size()
             ? array[static_cast<std::size_t>(index)]
             : k_absent;
}

class SarifRun {
 public:
  SarifRun(RunBuilder& builder, const Json& run, std::size_t index)
      : builder_(builder), run_(run), place_(fmt::format("/runs/{}", index)) {}

  Result<void> read() {
    const Json& driver = member_of(member_of(run_, "tool"), "driver");
    tool_ = text_of(driver, "name");
    if (tool_.empty())
      return fail(ErrorKind::invalid, fmt::format("{}/tool/driver: no name", place_), "SARIF 2.1 needs one");
    builder_.set_name(tool_);
    rules_ = &member_of(driver, "rules");
    if (rules_->is_array())
      for (const Json& rule : *rules_) rule_of_id_.emplace(text_of(rule, "id"), &rule);
    head();
    const Json& results = member_of(run_, "results");
    if (results.is_null())
      return builder_.add_problem(tool_, "(scan)", "the run has no results: the scan was not made");
    if (!results.is_array())
      return fail(ErrorKind::invalid, fmt::format("{}/results: not an array", place_), "SARIF 2.1 wants one");
    for (std::size_t at = 0; at < results.size(); ++at)
      if (Result<void> taken = take(results[at], at); !taken) return taken;
    return judge_invocations();
  }

 private:
  void head() {
    const Json& control = at_index(member_of(run_, "versionControlProvenance"), 0);
    builder_.take_property("branch", text_of(control, "branch"));
    builder_.take_property("commit", text_of(control, "revisionId"));
    const Json& invocation = at_index(member_of(run_, "invocations"), 0);
    builder_.set_host(text_of(invocation, "machine"));
    builder_.set_started(read_time(text_of(invocation, "startTimeUtc")));
  }

  [[nodiscard]] const Json& rule_of(const Json& result, const std::string& id) const {
    const Json& by_index = at_index(*rules_, as_index(member_of(result, "ruleIndex")));
    if (by_index.is_object()) return by_index;
    const auto by_id = rule_of_id_.find(id);
    return by_id == rule_of_id_.end() ? by_index : *by_id->second;
  }

  Result<void> take(const Json& found, std::size_t at) {
    if (!found.is_object())
      return fail(ErrorKind::invalid, fmt::format("{}/results/{}: not an object", place_, at));
    std::string id = text_of(found, "ruleId");
    if (id.empty()) id = text_of(member_of(found, "rule"), "id");
    const Json& rule = rule_of(found, id);
    if (id.empty()) id = text_of(rule, "id");
    if (id.empty()) id = "(no rule)";
    seen_.insert(id.substr(0, k_max_test_name));
    TestResult result;
    result.group = tool_;
    const Json& physical = member_of(at_index(member_of(found, "locations"), 0), "physicalLocation");
    result.file = file_of(member_of(physical, "artifactLocation"));
    result.line = as_index(member_of(member_of(physical, "region"), "startLine"));
    result.name = result.file.empty() ? id : fmt::format("{} in {}", id, result.file);
    result.detail = message_of(member_of(found, "message"), rule);
    judge(found, rule, result);
    return builder_.add(std::move(result));
  }

  [[nodiscard]] std::string file_of(const Json& location) const {
    const std::string uri = text_of(location, "uri");
    if (!uri.empty()) return uri;
    const int index = as_index(member_of(location, "index"));
    return text_of(member_of(at_index(member_of(run_, "artifacts"), index), "location"), "uri");
  }

  static std::string message_of(const Json& message, const Json& rule) {
    const std::string text = text_of(message, "text");
    if (!text.empty()) return text;
    return text_of(member_of(member_of(rule, "messageStrings"), text_of(message, "id")), "text");
  }

  static void judge(const Json& found, const Json& rule, TestResult& result) {
    std::string level = text_of(found, "level");
    const std::string kind = text_of(found, "kind");
    if (level.empty()) level = text_of(member_of(rule, "defaultConfiguration"), "level");
    if (level.empty()) level = "warning";
    const std::string_view line = first_line(result.detail);
    if (is_suppressed(found) || text_of(found, "baselineState") == "absent") {
      result.status = TestStatus::skipped;
      result.message = fmt::format("suppressed: {}", line);
    } else if (kind == "pass") {
      result.status = TestStatus::passed;
    } else if (kind == "notApplicable" || kind == "informational") {
      result.status = TestStatus::skipped;
      result.message = fmt::format("{}: {}", kind, line);
    } else if (kind == "open" || kind == "review") {
      result.status = TestStatus::error;
      result.message = fmt::format("not decided ({}): {}", kind, line);
    } else {
      const bool minor = level == "note" || level == "none";
      result.status = minor ? TestStatus::skipped : TestStatus::failed;
      result.message = fmt::format("{}: {}", level, line);
    }
  }

  Result<void> judge_invocations() {
    const Json& invocations = member_of(run_, "invocations");
    if (!invocations.is_array() || invocations.empty()) return {};
    bool successful = true;
    for (const Json& invocation : invocations) {
      const Json& success = member_of(invocation, "executionSuccessful");
      successful = successful && success.is_boolean() && success.get<bool>();
    }
    if (!successful) return builder_.add_problem(tool_, "(scan)", "the tool says that it did not end well");
    return add_clean_rules();
  }

  Result<void> add_clean_rules() {
    if (!rules_->is_array()) return {};
    for (const Json& rule : *rules_) {
      const std::string id = text_of(rule, "id");
      const Json& enabled = member_of(member_of(rule, "defaultConfiguration"), "enabled");
      if (id.empty() || !seen_.insert(id.substr(0, k_max_test_name)).second ||
          (enabled.is_boolean() && !enabled.get<bool>()))
        continue;
      TestResult result;
      result.group = tool_;
      result.name = id;
      result.status = TestStatus::passed;
      if (Result<void> added = builder_.add(std::move(result)); !added) return added;
    }
    return {};
  }

  RunBuilder& builder_;
  const Json& run_;
  const Json* rules_ = nullptr;
  std::map<std::string, const Json*, std::less<>> rule_of_id_;
  std::string place_, tool_;
  std::set<std::string> seen_;
};

Result<TestRun> read_sarif(std::string_view bytes) {
  const Result<Json> document = read_json_document(bytes);
  if (!document) return fail(document.error());
  const std::string version = text_of(*document, "version");
  if (!version.starts_with("2."))
    return fail(ErrorKind::invalid,
                fmt::format("/version: \"{}\" is not SARIF 2", printable(version.substr(0, 32))),
                "write SARIF 2.1.0");
  const Json& runs = member_of(*document, "runs");
  if (!runs.is_array()) return fail(ErrorKind::invalid, "/runs: not an array", "SARIF 2.1 wants one");
  RunBuilder builder("sarif");
  for (std::size_t at = 0; at < runs.size(); ++at)
    if (Result<void> done = SarifRun(builder, runs[at], at).read(); !done)
      return fail(std::move(done.error()));
  return builder.finish();
}

const Registered<ResultFormat> k_sarif{ResultFormat{
    .id = "sarif",
    .title = "SARIF 2.1: CodeQL, ESLint, Semgrep, clang-tidy and other scanners",
    .looks_like = [](std::string_view bytes) { return has_members(first_members(bytes), {"runs"}); },
    .read = read_sarif}};

}  // namespace
}  // namespace exai::suite
