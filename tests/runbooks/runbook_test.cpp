#include "runbooks/runbook.hpp"

#include "io/yaml.hpp"
#include "tests/catch.hpp"

#include <fmt/core.h>

using namespace exai;

namespace {

struct Read {
  runbooks::Runbook book;
  std::vector<Finding> findings;
};

Read read(const std::string& text) {
  const auto node = io::parse_yaml(text, "book.yaml");
  REQUIRE(node);
  Read out;
  const auto known = [](const std::vector<std::string>& words) -> Result<void> {
    if (!words.empty() && words[0] == "validate") return {};
    return fail(ErrorKind::usage, "there is no command \"" + words.at(0) + "\"", "exai help");
  };
  auto book = runbooks::read_runbook(*node, "book.yaml", known, out.findings);
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

TEST_CASE("all mistakes of a runbook are told at once, with line and the nearest name", "[runbooks]") {
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

TEST_CASE("groups run in order, results stand in plan order, a human step is outstanding", "[runbooks]") {
  const Read got = read(k_book);
  REQUIRE(got.findings.empty());
  const Config config = Config::defaults();
  std::vector<std::string> told;
  runbooks::Hooks hooks;
  hooks.run_command = [](const runbooks::Step& step, Deadline, std::stop_token) {
    return check_pass(fmt::format("ran {}", step.command.size()));
  };
  hooks.on_result = [&](const CheckResult& result, std::size_t done, std::size_t total) {
    told.push_back(fmt::format("{} {}/{}", result.id, done, total));
  };
  const Report report =
      runbooks::run(got.book, {config, system_clock(), Deadline::after(Millis{60'000}), {}, "."}, hooks, 2);
  REQUIRE(report.results.size() == 3);
  CHECK(report.results[0].id == "a");
  CHECK(report.results[0].status == Status::pass);
  CHECK(report.results[0].group == "first");
  CHECK(report.results[1].summary == "ran 2");
  CHECK(report.results[2].cause == Cause::human);
  CHECK(told.size() == 3);
  CHECK(told.back() == "c 3/3");
  CHECK(exit_code(report, false) == ExitCode::human);
}

TEST_CASE("after a stop nothing more is run, and it shows", "[runbooks]") {
  const Read got = read(k_book);
  const Config config = Config::defaults();
  std::stop_source stop;
  stop.request_stop();
  runbooks::Hooks hooks;
  hooks.run_command = [](const runbooks::Step&, Deadline, std::stop_token) -> CheckResult {
    throw std::runtime_error("must not run");
  };
  const Report report = runbooks::run(
      got.book, {config, system_clock(), Deadline::after(Millis{60'000}), stop.get_token(), "."}, hooks, 2);
  for (const CheckResult& result : report.results) CHECK(result.status == Status::unknown);
  CHECK(exit_code(report, false) == ExitCode::unknown);
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
