// pytest: the document of pytest-json-report and the lines of pytest-reportlog.
#include "core/json_access.hpp"
#include "core/text.hpp"
#include "suite/results/format.hpp"
#include "suite/results/json_text.hpp"
#include "suite/results/run_builder.hpp"
#include "suite/results/texts.hpp"

#include <map>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::suite {
namespace {

/// "tests/test_a.py::TestB::test_c[x]": file and classes, then the test.
void name_test(const std::string& node, TestResult& result) {
  const std::size_t bracket = node.find('[');
  const std::size_t cut = node.rfind("::", bracket == std::string::npos ? std::string::npos : bracket);
  result.group = cut == std::string::npos ? std::string() : node.substr(0, cut);
  result.name = cut == std::string::npos ? node : node.substr(cut + 2);
  if (const std::size_t colons = node.find("::"); colons != std::string::npos)
    result.file = node.substr(0, colons);
}

TestStatus pytest_status(std::string_view outcome) {
  if (outcome == "passed" || outcome == "xpassed") return TestStatus::passed;
  if (outcome == "skipped" || outcome == "xfailed") return TestStatus::skipped;
  return outcome == "failed" ? TestStatus::failed : TestStatus::error;
}

/// The words of an exit code that is no judgement of tests.
std::string_view exit_words(double code) {
  if (code == 2) return "it was interrupted";
  if (code == 3) return "pytest itself broke";
  if (code == 4) return "pytest was not called as it must be";
  return "it ended with a code that pytest does not have";
}

std::string long_text(const Json& longrepr) {
  if (longrepr.is_string()) return longrepr.get<std::string>();
  // A skip is [file, line, reason].
  if (longrepr.is_array() && longrepr.size() == 3 && longrepr[2].is_string())
    return longrepr[2].get<std::string>();
  return text_of(member_of(longrepr, "reprcrash"), "message");
}

/// Codes 0 and 1 judge the tests, 5 says that there are none.
Result<void> add_exit(RunBuilder& builder, std::optional<double> code) {
  if (!code) return builder.add_problem("", "(end of the run)", "the run has no exit code: it did not end");
  bool bad = false;
  for (const TestResult& result : builder.results())
    bad = bad || result.status == TestStatus::failed || result.status == TestStatus::error;
  if (*code == 0 || *code == 5 || (*code == 1 && bad)) return {};
  if (*code == 1)
    return builder.add_problem("", "(exit code)", "pytest says that tests failed, but shows none");
  return builder.add_problem("", "(exit code)", std::string(exit_words(*code)));
}

/// One of the three phases of a test.
struct PytestPhase {
  std::string_view name;
  std::string outcome, message, detail;
  std::optional<double> seconds;
};

/// The judgement over the phases: what breaks before or after the test itself is an error.
void take_phase(const PytestPhase& phase, TestResult& result) {
  if (phase.seconds)
    if (const auto time = micros_of_seconds(*phase.seconds))
      result.duration = result.duration.value_or(Micros{0}) + *time;
  if (phase.outcome == "passed") return;
  if (!phase.message.empty() || result.message.empty()) result.message = phase.message;
  if (result.message.empty()) result.message = first_line(phase.detail);
  result.detail += phase.detail;
  if (phase.name != "call" && phase.outcome == "failed")
    result.message = fmt::format("{} failed: {}", phase.name, result.message);
}

class PytestReport {
 public:
  Result<TestRun> read(std::string_view bytes) {
    const Result<Json> document = read_json_document(bytes);
    if (!document) return fail(document.error());
    const Json& tests = member_of(*document, "tests");
    if (!tests.is_null() && !tests.is_array())
      return fail(ErrorKind::invalid, "/tests: not an array", "hand in what pytest-json-report wrote");
    head(*document);
    Result<void> done = collectors(member_of(*document, "collectors"));
    for (std::size_t at = 0; done && at < tests.size(); ++at) done = test(tests[at], at);
    if (done) done = counts(*document, tests);
    if (done) done = add_exit(builder_, number_of(*document, "exitcode"));
    if (!done) return fail(std::move(done.error()));
    return builder_.finish();
  }

 private:
  void head(const Json& document) {
    builder_.set_name("pytest");
    builder_.set_started(time_of_epoch(number_of(document, "created").value_or(0)));
    if (const auto seconds = number_of(document, "duration"))
      builder_.set_duration(micros_of_seconds(*seconds));
    const Json& environment = member_of(document, "environment");
    if (!environment.is_object()) return;
    for (const auto& [name, value] : environment.items())
      if (value.is_string()) builder_.take_property(name, value.get<std::string>());
  }

  Result<void> collectors(const Json& list) {
    if (!list.is_array()) return {};
    for (const Json& item : list)
      if (text_of(item, "outcome") == "failed")
        if (Result<void> added = builder_.add_problem("", text_of(item, "nodeid"),
                                                      "cannot be collected: " + text_of(item, "longrepr"));
            !added)
          return added;
    return {};
  }

  Result<void> test(const Json& item, std::size_t at) {
    const std::string node = text_of(item, "nodeid"), outcome = text_of(item, "outcome");
    if (node.empty() || outcome.empty())
      return fail(ErrorKind::invalid, fmt::format("/tests/{}: no nodeid or no outcome", at),
                  "hand in what pytest-json-report wrote");
    TestResult result;
    name_test(node, result);
    if (const auto line = number_of(item, "lineno"); line && *line >= 0 && *line < 1e9)
      result.line = static_cast<int>(*line) + 1;  // it counts from 0
    for (const std::string_view name : {"setup", "call", "teardown"}) {
      const Json& phase = member_of(item, name);
      if (!phase.is_object()) continue;
      take_phase({name, text_of(phase, "outcome"), text_of(member_of(phase, "crash"), "message"),
                  long_text(member_of(phase, "longrepr")), number_of(phase, "duration")},
                 result);
    }
    result.status = pytest_status(outcome);
    return builder_.add(std::move(result));
  }

  /// A run may leave its tests out ("omit"), which says nothing about them.
  Result<void> counts(const Json& document, const Json& tests) {
    const Json& summary = member_of(document, "summary");
    const auto total = number_of(summary, "total");
    if (total && *total != static_cast<double>(tests.size()))
      builder_.note(fmt::format("the summary says total={}; its tests are {}", *total, tests.size()));
    const double bad = number_of(summary, "failed").value_or(0) + number_of(summary, "error").value_or(0);
    if (bad > 0 && builder_.results().empty())
      return builder_.add_problem("", "(counts)",
                                  fmt::format("the summary says that {} failed, but shows none", bad));
    return {};
  }

  RunBuilder builder_{"pytest-json"};
};

class PytestLog {
 public:
  Result<TestRun> read(std::string_view bytes) {
    builder_.set_name("pytest");
    JsonLines lines;
    lines.object = [this](const Json& event, int line) { return take(event, line); };
    lines.other = [this](std::string_view text, int line) { return cut(text, line); };
    Result<void> done = each_json_line(bytes, lines);
    for (auto& [node, result] : open_) {
      if (!done) break;
      result.status = TestStatus::error;
      result.message = "it began and did not end";
      done = builder_.add(std::move(result));
    }
    if (done) done = add_exit(builder_, exit_);
    if (!done) return fail(std::move(done.error()));
    return builder_.finish();
  }

 private:
  Result<void> cut(std::string_view text, int line) {
    if (text.starts_with('{'))
      return builder_.add_problem("", "(end of the run)", fmt::format("line {} is cut, or no JSON", line));
    return fail(ErrorKind::invalid, fmt::format("line {}: not a JSON object", line),
                "hand in what pytest --report-log wrote");
  }

  Result<void> take(const Json& event, int line) {
    const std::string type = text_of(event, "$report_type");
    if (type == "SessionFinish") exit_ = number_of(event, "exitstatus");
    if (type == "CollectReport" && text_of(event, "outcome") == "failed")
      return builder_.add_problem("", text_of(event, "nodeid"),
                                  "cannot be collected: " + long_text(member_of(event, "longrepr")));
    return type == "TestReport" ? take_test(event, line) : Result<void>{};
  }

  Result<void> take_test(const Json& event, int line) {
    const std::string node = text_of(event, "nodeid"), when = text_of(event, "when");
    const std::string outcome = text_of(event, "outcome");
    if (node.empty() || when.empty() || outcome.empty())
      return fail(ErrorKind::invalid,
                  fmt::format("line {}: a TestReport without nodeid, when or outcome", line),
                  "hand in what pytest --report-log wrote");
    builder_.set_started(time_of_epoch(number_of(event, "start").value_or(0)));
    if (open_.size() > k_max_open)
      return fail(ErrorKind::invalid,
                  fmt::format("line {}: more than {} tests run at once", line, k_max_open));
    TestResult& result = open_[node];
    if (result.name.empty()) begin(event, node, result);
    judge(event, when, outcome, result);
    if (when != "teardown") return {};
    TestResult ended = std::move(result);
    open_.erase(node);
    return builder_.add(std::move(ended));
  }

  static void begin(const Json& event, const std::string& node, TestResult& result) {
    name_test(node, result);
    result.status = TestStatus::error;
    result.message.clear();
    const Json& location = member_of(event, "location");
    if (!location.is_array() || location.size() < 2 || !location[0].is_string()) return;
    result.file = location[0].get<std::string>();
    if (location[1].is_number_unsigned() && location[1] < 1'000'000'000)
      result.line = location[1].get<int>() + 1;
  }

  /// `call` says how the test ended; the other phases speak only when they break or skip it.
  static void judge(const Json& event, const std::string& when, const std::string& outcome,
                    TestResult& result) {
    const Json& repr = member_of(event, "longrepr");
    const std::string expected = text_of(event, "wasxfail");
    take_phase({when, outcome, expected.empty() ? text_of(member_of(repr, "reprcrash"), "message") : expected,
                long_text(repr), number_of(event, "duration")},
               result);
    if (when == "call" || outcome == "skipped") result.status = pytest_status(outcome);
    if (when != "call" && outcome == "failed") result.status = TestStatus::error;
  }

  static constexpr std::size_t k_max_open = 20'000;

  RunBuilder builder_{"pytest-json"};
  std::map<std::string, TestResult> open_;
  std::optional<double> exit_;
};

bool looks_like_pytest(std::string_view bytes) {
  const std::vector<std::string> members = first_members(bytes);
  return has_members(members, {"$report_type"}) ||
         (has_members(members, {"exitcode"}) && has_members(members, {"summary"}));
}

Result<TestRun> read_pytest(std::string_view bytes) {
  return has_members(first_members(bytes), {"$report_type"}) ? PytestLog().read(bytes)
                                                             : PytestReport().read(bytes);
}

const Registered<ResultFormat> k_pytest{ResultFormat{.id = "pytest-json",
                                                     .title = "pytest --json-report, pytest --report-log",
                                                     .looks_like = looks_like_pytest,
                                                     .read = read_pytest}};

}  // namespace
}  // namespace exai::suite
