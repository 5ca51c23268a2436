#include "core/status.hpp"
#include "io/yaml.hpp"
#include "runbooks/child_report.hpp"
#include "runbooks/embedded.hpp"
#include "runbooks/files.hpp"
#include "runbooks/plan.hpp"
#include "runbooks/read.hpp"
#include "runbooks/run.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <fmt/core.h>

using namespace exai;

namespace {

struct Read {
  runbooks::Runbook book;
  std::vector<Finding> findings;
};

runbooks::StepJudge judge() {
  return {runbooks::judge_check, [](const std::vector<std::string>& words) -> Result<void> {
            if (!words.empty() && words[0] == "validate") return {};
            return fail(ErrorKind::usage, "there is no command \"" + words.at(0) + "\"", "exai help");
          }};
}

Read read(const std::string& text) {
  const auto node = io::parse_yaml(text, "book.yaml");
  REQUIRE(node);
  Read out;
  auto book = runbooks::read_runbook(*node, "book.yaml", judge(), out.findings);
  REQUIRE(book);
  out.book = std::move(*book);
  return out;
}

const char* k_book = R"(id: test
title: Test
groups:
  - name: first
    steps:
      - {id: a, title: a check, source: "maintenance:26", check: self.tables}
      - {id: b, source: "maintenance:1", command: validate timeouts}
  - name: second
    steps:
      - {id: c, source: "maintenance:296", human: ask the provider for a new key}
)";

}  // namespace

TEST_CASE("every embedded runbook is valid and names its sources", "[runbooks]") {
  REQUIRE_FALSE(runbooks::embedded_runbooks().empty());
  for (const runbooks::Embedded& embedded : runbooks::embedded_runbooks()) {
    const Read got = read(std::string(embedded.text));
    CHECK(got.findings.empty());
    CHECK(got.book.id == embedded.name);
    for (const runbooks::Group& group : got.book.groups)
      for (const runbooks::Step& step : group.steps)
        CHECK((step.source.starts_with("maintenance:") || step.source.starts_with("deployment:")));
  }
}

TEST_CASE("all mistakes of a runbook are reported at once, with line and the nearest name", "[runbooks]") {
  const Read got = read(
      "id: x\ntitel: y\ngroups:\n  - name: g\n    steps:\n      - {id: a, source: s, check: self.tabels}\n   "
      "   - {id: a, source: s, human: x, check: self.tables}\n"
      "      - {source: s, command: nonsense}\n      - {id: d, check: self.tables, timeout: 5}\n");
  const auto has = [&](std::string_view rule, int line, std::string_view hint) {
    return std::any_of(got.findings.begin(), got.findings.end(), [&](const Finding& finding) {
      return finding.rule == rule && finding.where && finding.where->line == line &&
             finding.hint.find(hint) != std::string::npos;
    });
  };
  CHECK(has("runbook.key", 2, "title"));
  CHECK(has("runbook.check", 6, "self.tables"));
  CHECK(has("runbook.id", 7, "another"));
  CHECK(has("runbook.action", 7, "check"));
  CHECK(has("runbook.id", 8, "id"));
  CHECK(has("runbook.command", 8, "exai help"));
  CHECK(has("runbook.source", 9, "maintenance:26"));
  CHECK(has("runbook.timeout", 9, "10s"));
}

namespace {

/// Runs it on two threads as `exai runbook run` does.
Report run(const runbooks::Runbook& book, const CheckContext& context, const runbooks::CommandRunner& command,
           std::vector<std::string>* progress = nullptr) {
  checks::RunOptions options;
  options.jobs = 2;
  options.on_result = [&](const CheckResult& result, std::size_t done, std::size_t total) {
    if (progress != nullptr) progress->push_back(fmt::format("{} {}/{}", result.id, done, total));
  };
  Report report;
  report.results = checks::run(runbooks::tasks_of(book, command), context, options);
  return report;
}

}  // namespace

TEST_CASE("groups run in order, results stand in plan order, a human step is outstanding", "[runbooks]") {
  const Read got = read(k_book);
  REQUIRE(got.findings.empty());
  const Config config = Config::defaults();
  std::vector<std::string> progress;
  const auto command = [](const runbooks::Step& step, Deadline, const std::stop_token&) {
    return check_pass(fmt::format("ran {}", step.command.size()));
  };
  const Report report =
      run(got.book, {config, system_clock(), Deadline::after(Millis{60'000}), {}, "."}, command, &progress);
  REQUIRE(report.results.size() == 3);
  CHECK(report.results[0].id == "a");
  CHECK(report.results[0].status == Status::pass);
  CHECK(report.results[0].group == "first");
  CHECK(report.results[0].title == "a check");
  CHECK(report.results[0].source == "maintenance:26");
  CHECK(report.results[1].summary == "ran 2");
  CHECK(report.results[2].cause == Cause::human);
  CHECK(progress.size() == 3);
  CHECK(progress.back() == "c 3/3");
  CHECK(exit_code(report, false) == ExitCode::human);
}

TEST_CASE("after a stop nothing more is run, and it shows", "[runbooks]") {
  const Read got = read(k_book);
  const Config config = Config::defaults();
  std::stop_source stop;
  stop.request_stop();
  const auto command = [](const runbooks::Step&, Deadline, const std::stop_token&) -> CheckResult {
    throw std::runtime_error("must not run");
  };
  const Report report = run(
      got.book, {config, system_clock(), Deadline::after(Millis{60'000}), stop.get_token(), "."}, command);
  for (const CheckResult& result : report.results) CHECK(result.status == Status::unknown);
  CHECK(exit_code(report, false) == ExitCode::unknown);
}

TEST_CASE("what a command may have changed is measured again", "[runbooks]") {
  const tests::Scratch scratch;
  scratch.write("logs/mcp_server.log", "");
  const Read got = read(
      "id: x\ntitle: t\ngroups:\n"
      "  - name: before\n    steps: [{id: a, title: t, source: s, check: logs.warnings}]\n"
      "  - name: between\n    steps: [{id: b, title: t, source: s, command: validate env}]\n"
      "  - name: after\n    steps: [{id: c, title: t, source: s, check: logs.warnings}]\n");
  REQUIRE(got.findings.empty());
  const Config config = Config::defaults();
  const auto command = [&](const runbooks::Step&, Deadline, const std::stop_token&) {
    scratch.write("logs/mcp_server.log", "one line\n");
    return check_pass("");
  };
  const Report report =
      run(got.book, {config, system_clock(), Deadline::after(Millis{60'000}), {}, scratch.path()}, command);
  REQUIRE(report.results.size() == 3);
  CHECK(report.results[0].summary == "0 warnings in 0 lines");
  CHECK(report.results[2].summary == "0 warnings in 1 lines");
}

TEST_CASE("a runbook is narrowed to what was named", "[runbooks]") {
  const Read got = read(k_book);
  const auto ids = [&](const std::vector<std::string>& only, const std::optional<std::string>& from) {
    runbooks::Runbook book = got.book;
    std::string found;
    if (!runbooks::narrow(book, only, from)) return std::string("refused");
    for (const runbooks::PlannedStep& step : runbooks::plan_of(book)) found += step.id;
    return found;
  };
  CHECK(ids({}, std::nullopt) == "abc");
  CHECK(ids({"a", "c"}, std::nullopt) == "ac");
  CHECK(ids({}, "b") == "bc");
  CHECK(ids({"a", "b"}, "b") == "b");
  CHECK(ids({"z"}, std::nullopt) == "refused");
  CHECK(ids({}, "z") == "refused");
}

TEST_CASE("a runbook of the deployment hides the built-in one of its name", "[runbooks]") {
  const tests::Scratch scratch;
  const runbooks::Library library{scratch.path(), judge()};
  CHECK(runbooks::load_runbook("daily", library)->file == "runbooks/daily.yaml");
  const auto own = scratch.write("runbooks/daily.yaml", k_book);
  CHECK(runbooks::load_runbook("daily", library)->title == "Test");
  CHECK(runbooks::load_runbook(own.string(), library)->title == "Test");
  const auto unknown = runbooks::load_runbook("dayly", library);
  REQUIRE_FALSE(unknown);
  CHECK(unknown.error().kind == ErrorKind::usage);
  CHECK(unknown.error().hint.find("daily") != std::string::npos);
  const auto broken = scratch.write("broken.yaml", "id: x\n");
  CHECK(runbooks::load_runbook(broken.string(), library).error().kind == ErrorKind::config);
  const auto judged = runbooks::validate_runbooks(
      {own.string(), broken.string(), (scratch / "none.yaml").string()}, library, system_clock());
  REQUIRE(judged.size() == 3);
  CHECK(judged[0].status == Status::pass);
  CHECK(judged[1].status == Status::fail);
  CHECK(judged[2].status == Status::unknown);
}

TEST_CASE("a child's report gives its verdict and the most telling result", "[runbooks]") {
  const auto report = runbooks::read_child_report(
      "a word before\n"
      R"({"schema":"exai.report/1","verdict":"fail","results":[{"status":"pass","summary":"x"},)"
      R"({"status":"fail","summary":"broken","hint":"mend it"}]})");
  REQUIRE(report);
  CHECK(report->verdict == Status::fail);
  CHECK(report->summary == "2 results; broken");
  CHECK(report->hint == "mend it");
  const auto error = runbooks::read_child_report(R"({"error":{"message":"no","hint":"yes"}})");
  REQUIRE(error);
  CHECK(error->verdict == Status::unknown);
  CHECK(error->summary == "no");
  CHECK_FALSE(runbooks::read_child_report("no report"));
  CHECK_FALSE(runbooks::read_child_report(R"({"schema":"other"})"));
}

TEST_CASE("the command of a step is split as a shell splits words", "[runbooks]") {
  const Read got = read(
      "id: x\ntitle: t\ngroups:\n  - name: g\n    steps:\n"
      "      - {id: a, title: t, source: s, command: 'validate env \"sp ace/x.env\" a\\ b'}\n");
  CHECK(got.findings.empty());
  CHECK(got.book.groups[0].steps[0].command ==
        std::vector<std::string>{"validate", "env", "sp ace/x.env", "a b"});
}

TEST_CASE("a command that cannot be split is a finding with its line", "[runbooks]") {
  for (const char* command :
       {"\"validate env 'x\"", "'validate \"env'", "'validate env \\'", "'  '", "'\"\"'"}) {
    INFO(command);
    const Read got = read(
        "id: x\ntitle: t\ngroups:\n  - name: g\n    steps:\n      - {id: a, title: t, source: s, command: " +
        std::string(command) + "}\n");
    REQUIRE(got.findings.size() == 1);
    CHECK(got.findings[0].rule == "runbook.command");
    REQUIRE(got.findings[0].where);
    CHECK(got.findings[0].where->line == 6);
    CHECK(got.findings[0].message.find("step a") != std::string::npos);
  }
}
