// Files of results as tools write them, each against what it must read as.
#include "cli/output/writer.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"
#include "suite/results/format.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"
#include "tests/suite/results_table.hpp"

#include <set>

#include <fmt/core.h>

using namespace exai;
using suite::read_results;
using suite::ResultFormat;
using suite::TestResult;
using suite::TestRun;
using suite::TestStatus;

namespace {

std::string sample(std::string_view name) {
  return tests::source_text(fmt::format("tests/suite/results/{}", name));
}

std::string shown(const TestResult& result) {
  return fmt::format("{}|{}|{}|{}", suite::to_string(result.status), result.group, result.name,
                     result.message);
}

std::string shown(const TestRun& run) {
  std::string out;
  for (const TestResult& result : run.results) out += shown(result) + "\n";
  return out;
}

const TestResult& named(const TestRun& run, std::string_view name) {
  for (const TestResult& result : run.results)
    if (result.name == name) return result;
  FAIL("no result is called " << name);
  return run.results.front();
}

}  // namespace

TEST_CASE("each file of results reads as its tool meant it", "[suite][results]") {
  for (const tests::ReadRow& row : tests::k_read_as) {
    INFO(row.file);
    const Result<TestRun> run = read_results(sample(row.file));
    if (!run) FAIL_CHECK(run.error().message);
    if (!run) continue;
    INFO(shown(*run));
    CHECK(run->format == row.format);
    CHECK(run->count(TestStatus::passed) == std::size_t(row.passed));
    CHECK(run->count(TestStatus::failed) == std::size_t(row.failed));
    CHECK(run->count(TestStatus::skipped) == std::size_t(row.skipped));
    CHECK(run->count(TestStatus::error) == std::size_t(row.error));
    CHECK(run->notes.size() == std::size_t(row.notes));
    CHECK(run->verdict() == row.verdict);
    if (!row.telling.empty())
      CHECK(("\n" + shown(*run)).find(fmt::format("\n{}\n", row.telling)) != std::string::npos);
    // Naming the format changes nothing.
    const Result<TestRun> again = read_results(sample(row.file), row.format);
    REQUIRE(again.has_value());
    CHECK(shown(*again) == shown(*run));
  }
}

TEST_CASE("what cannot be read is refused with the place and the way out", "[suite][results]") {
  for (const tests::RefusedRow& row : tests::k_refused) {
    INFO(row.file);
    const Result<TestRun> run = read_results(sample(row.file));
    REQUIRE_FALSE(run.has_value());
    CHECK(run.error().message == row.message);
    CHECK(run.error().kind == ErrorKind::invalid);
    if (row.message.find("mismatched tag") == std::string_view::npos) CHECK_FALSE(run.error().hint.empty());
  }
}

TEST_CASE("every sample stands in the table", "[suite][results]") {
  std::set<std::string, std::less<>> rows, files;
  for (const tests::ReadRow& row : tests::k_read_as) rows.emplace(row.file);
  for (const tests::RefusedRow& row : tests::k_refused) rows.emplace(row.file);
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(EXAI_SOURCE_DIR) / "tests/suite/results"))
    files.insert(entry.path().filename().string());
  CHECK(rows == files);
  CHECK(rows.size() >= 60);
}

TEST_CASE("exactly one format takes each readable sample, and each format has its samples",
          "[suite][results]") {
  std::set<std::string_view> taken;
  for (const tests::ReadRow& row : tests::k_read_as) {
    std::string bytes = sample(row.file);
    if (bytes.starts_with("\xEF\xBB\xBF")) bytes.erase(0, 3);
    for (const ResultFormat* format : Registered<ResultFormat>::all()) {
      INFO(row.file << " as " << format->id);
      CHECK(format->looks_like(bytes) == (format->id == row.format));
    }
    taken.insert(row.format);
  }
  for (const ResultFormat* format : Registered<ResultFormat>::all()) {
    CHECK(taken.count(format->id) == 1);
    CHECK_FALSE(format->title.empty());
  }
}

TEST_CASE("a format that is named is the one that reads", "[suite][results]") {
  const Result<TestRun> unknown = read_results("1..1\nok 1\n", "juint");
  REQUIRE_FALSE(unknown.has_value());
  CHECK(unknown.error().kind == ErrorKind::usage);
  CHECK(unknown.error().hint == "did you mean junit?");
  const Result<TestRun> far = read_results("1..1\nok 1\n", "zzzzzzzzzz");
  REQUIRE_FALSE(far.has_value());
  CHECK(far.error().hint.find("known formats: ctest, exai, gotest") == 0);
  // Named wrongly, nothing passes.
  for (const tests::ReadRow& row : tests::k_read_as)
    for (const ResultFormat* format : Registered<ResultFormat>::all()) {
      if (format->id == row.format) continue;
      INFO(row.file << " as " << format->id);
      const Result<TestRun> run = read_results(sample(row.file), format->id);
      CHECK((!run || run->verdict() != Status::pass));
    }
}

TEST_CASE("what stands around the tests is read too", "[suite][results]") {
  const TestRun maven = read_results(sample("maven_surefire.xml")).value();
  CHECK(maven.name == "org.example.CartTest");
  CHECK(maven.branch == "main");
  CHECK(maven.commit == "0123456789abcdef0123456789abcdef01234567");
  CHECK(maven.duration == Micros{1'234'500'000});
  CHECK(named(maven, "total").detail.find("at org.example.CartTest.total(CartTest.java:14)") !=
        std::string::npos);
  CHECK(named(maven, "total").duration == Micros{3000});

  const TestRun gradle = read_results(sample("gradle.xml")).value();
  CHECK(gradle.host == "ci-7");
  REQUIRE(gradle.started.has_value());
  CHECK(format_utc(*gradle.started) == "2026-10-02T08:15:30.000Z");

  const TestRun go = read_results(sample("go_junit_report.xml")).value();
  CHECK(format_utc(go.started.value()) == "2026-11-01T08:00:00.000Z");  // the file says +02:00

  const TestRun codeql = read_results(sample("codeql.sarif")).value();
  CHECK(codeql.branch == "release");
  CHECK(codeql.commit == "fedcba98");
  CHECK(codeql.host == "ci-9");
  CHECK(named(codeql, "cpp/overflow in src/cart.cpp").line == 12);

  const TestRun pytest = read_results(sample("pytest_report.json")).value();
  CHECK(pytest.branch == "main");
  CHECK(named(pytest, "test_add").duration == Micros{252'000});
  CHECK(named(pytest, "test_total").line == 4);
  CHECK(named(pytest, "test_param[a::b]").group == "test_shop.py");

  const TestRun own = read_results(sample("exai_daily.json")).value();
  CHECK(own.name == "runbook daily");
  CHECK(own.host == "builder");
  CHECK(own.duration.has_value());
}

TEST_CASE("places of tests come from where each tool writes them", "[suite][results]") {
  const auto place = [](std::string_view file, std::string_view name) {
    const TestRun run = read_results(sample(file)).value();
    const TestResult& result = named(run, name);
    return fmt::format("{}:{}", result.file, result.line.value_or(0));
  };
  CHECK(place("gtest.xml", "Total") == "gt/g.cpp:3");
  CHECK(place("phpunit_nested.xml", "testAdds") == "/srv/shop/tests/CartTest.php:12");
  CHECK(place("go.jsonl", "TestMul/big") == "calc_test.go:4");
  CHECK(place("tap13_yaml.tap", "loads") == "t/board.t:17");
  CHECK(place("node.tap", "multiplies # really") == "/srv/shop/node/a.test.mjs:6");
  CHECK(place("tape.tap", "four is five") == "/srv/shop/npm/t.js:1");
  CHECK(place("pytest_log.jsonl", "test_total") == "test_shop.py:4");
}

TEST_CASE("what a failed test printed is kept", "[suite][results]") {
  const auto detail = [](std::string_view file, std::string_view name) {
    const TestRun run = read_results(sample(file)).value();
    return named(run, name).detail;
  };
  CHECK(detail("ctest.log", "fails") == "total is wrong");
  CHECK(detail("ctest_verbose.log", "fails").find("total is wrong") != std::string::npos);
  CHECK(detail("ctest_junit.xml", "fails") == "total is wrong");
  CHECK(detail("ctest_Test.xml", "fails") == "total is wrong");
  CHECK(detail("ctest_Test.xml", "adds").empty());
  CHECK(detail("tap13_yaml.tap", "loads").find("- '1 pawn'") != std::string::npos);
  CHECK(detail("go.jsonl", "TestMul/big") == "calc_test.go:4: 2*2 = 5");
  // No colours, no control characters.
  CHECK(detail("playwright.xml", "cart › total").find("Error: expect(received).toBe(5)") !=
        std::string::npos);
  CHECK(named(read_results(sample("hostile.tap")).value(), "a\\x00b \xEF\xBF\xBD\xEF\xBF\xBD 0;title\\x07")
            .status == TestStatus::passed);
}

TEST_CASE("what exai writes it reads", "[suite][results]") {
  Report report;
  report.title = "runbook daily";
  report.host = "builder";
  report.started = Wall(std::chrono::seconds(1'800'000'000));
  report.duration = Micros{2'500'000};
  for (const Status status : {Status::pass, Status::warn, Status::fail, Status::unknown, Status::skip}) {
    CheckResult result;
    result.id = fmt::format("is.{}", to_string(status));
    result.group = "all # of \\ them";
    result.status = status;
    result.summary = "it is <so> & \"so\" # ToDo";
    result.hint = "look";
    result.duration = Micros{1500};
    report.results.push_back(result);
  }
  const std::set<std::string_view> unknown_is_failed{"tap"};
  for (const std::string_view format : {"json", "jsonl", "junit", "tap"}) {
    INFO(format);
    const cli::Writer* writer = Registered<cli::Writer>::find(format);
    REQUIRE(writer != nullptr);
    const std::string bytes = writer->report(report, cli::Look{}, ExitCode::fail);
    const Result<TestRun> run = read_results(bytes);
    REQUIRE(run.has_value());
    INFO(shown(*run));
    CHECK(run->results.size() == 5);
    CHECK(run->count(TestStatus::passed) == 2);
    CHECK(run->count(TestStatus::skipped) == 1);
    CHECK(run->count(TestStatus::failed) == 1 + unknown_is_failed.count(format));
    CHECK(run->count(TestStatus::error) == 1 - unknown_is_failed.count(format));
    CHECK(run->notes.empty());
  }
}

TEST_CASE("a run is passed only by a test that passed", "[suite][results]") {
  TestRun run;
  CHECK(run.verdict() == Status::unknown);
  run.results.push_back({.name = "a", .status = TestStatus::skipped});
  CHECK(run.verdict() == Status::unknown);
  run.results.push_back({.name = "b", .status = TestStatus::passed});
  CHECK(run.verdict() == Status::pass);
  run.results.push_back({.name = "c", .status = TestStatus::error});
  CHECK(run.verdict() == Status::fail);
  run.results.back().status = TestStatus::failed;
  CHECK(run.verdict() == Status::fail);
  CHECK(TestResult{}.status == TestStatus::error);
}
