// Files of results that were cut, damaged or made huge: nothing passes that was not there, and nothing grows.
#include "core/text.hpp"
#include "suite/results/format.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"
#include "tests/suite/results_table.hpp"

#include <map>

#include <fmt/core.h>

using namespace exai;
using suite::read_results;
using suite::TestResult;
using suite::TestRun;
using suite::TestStatus;

namespace {

std::string sample_bytes(std::string_view name) {
  return tests::source_text(fmt::format("tests/suite/results/{}", name));
}

using Names = std::map<std::string, int>;

Names passed_names(const TestRun& run) {
  Names names;
  for (const TestResult& result : run.results)
    if (result.status == TestStatus::passed) ++names[result.group + "\n" + result.name];
  return names;
}

bool within(const Names& part, const Names& whole) {
  return std::all_of(part.begin(), part.end(), [&whole](const auto& name) {
    const auto found = whole.find(name.first);
    return found != whole.end() && found->second >= name.second;
  });
}

bool fits(std::string_view text, std::size_t max) {
  return text.size() <= max && is_utf8(text) && printable(text) == text;
}

/// What holds for any run, whatever the bytes were.
bool is_bounded(const TestRun& run) {
  return std::all_of(run.results.begin(), run.results.end(), [](const TestResult& result) {
    return !result.name.empty() && fits(result.name, suite::k_max_test_name) &&
           fits(result.group, suite::k_max_test_name) && fits(result.message, suite::k_max_test_message) &&
           fits(result.detail, suite::k_max_test_detail) && fits(result.file, 1024) &&
           result.line.value_or(1) >= 1 && result.duration.value_or(Micros{0}) >= Micros{0};
  });
}

/// Every place of a small file, some places of a large one.
std::size_t step_of(const std::string& bytes) {
  return bytes.size() < 300 ? 1 : bytes.size() / 97;
}

}  // namespace

TEST_CASE("a file that is cut anywhere never passes more than was there", "[suite][results]") {
  for (const tests::ReadRow& row : tests::k_read_as) {
    const std::string bytes = sample_bytes(row.file);
    const TestRun whole = read_results(bytes).value();
    const Names passed = passed_names(whole);
    const std::string_view content = trim(bytes);
    std::size_t passes = 0;
    for (std::size_t size = 0; size < bytes.size(); size += step_of(bytes)) {
      const Result<TestRun> part = read_results(std::string_view(bytes).substr(0, size));
      if (!part) {
        if (part.error().message.empty())
          FAIL_CHECK(row.file << " cut at " << size << ": an error without words");
        continue;
      }
      if (!is_bounded(*part)) FAIL_CHECK(row.file << " cut at " << size << ": a text beyond its bound");
      if (part->verdict() != Status::pass) continue;
      if (!within(passed_names(*part), passed))
        FAIL_CHECK(row.file << " cut at " << size << " passes what did not");
      if (size < content.size()) ++passes;
    }
    // Go says at no place that all is told, and a version 12 of TAP that others follow is whole before they
    // do.
    const bool open_ended = row.format == "gotest" || row.format == "tap" || row.file == "ctest_ok.log";
    if (passes > 0 && !open_ended)
      FAIL_CHECK(row.file << " passes at " << passes << " places where it is cut");
  }
}

TEST_CASE("a whole document in XML or JSON is whole to its last character", "[suite][results]") {
  for (const std::string_view file : {"catch2_ok.xml", "pytest_ok.xml", "ctest_Test_ok.xml", "node_ok.xml",
                                      "clean.sarif", "pytest_report_ok.json", "exai_validate.json"}) {
    const std::string bytes = sample_bytes(file);
    REQUIRE(read_results(bytes)->verdict() == Status::pass);
    const std::string_view content = trim(bytes);
    for (std::size_t size = 0; size < content.size();
         size += size + 100 < content.size() ? step_of(bytes) : 1)
      if (const auto part = read_results(content.substr(0, size)); part.has_value())
        FAIL_CHECK(file << " is read although it is cut at " << size);
  }
}

TEST_CASE("a log that is cut anywhere is no pass", "[suite][results]") {
  for (const std::string_view file :
       {"ctest_ok.log", "perl_ok.tap", "node_ok.tap", "pytest_log_ok.jsonl", "tap_buffered.tap"}) {
    const std::string bytes = sample_bytes(file);
    const Names passed = passed_names(read_results(bytes).value());
    // What comes behind the last word that counts may be missing.
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto part = read_results(std::string_view(bytes).substr(0, size));
      if (!part || part->verdict() != Status::pass) continue;
      if (passed_names(*part) != passed) FAIL_CHECK(file << " passes with less when it is cut at " << size);
    }
  }
}

TEST_CASE("a byte that is changed breaks nothing", "[suite][results]") {
  for (const tests::ReadRow& row : tests::k_read_as) {
    std::string bytes = sample_bytes(row.file);
    constexpr std::string_view k_instead("\0\xff<\"\n}", 6);
    std::size_t changes = 0;
    for (std::size_t at = 0; at < bytes.size(); at += bytes.size() / 61 + 1) {
      const char before = std::exchange(bytes[at], k_instead[changes++ % k_instead.size()]);
      const auto run = read_results(bytes);
      if (run && !is_bounded(*run))
        FAIL_CHECK(row.file << " changed at " << at << ": a text beyond its bound");
      bytes[at] = before;
    }
  }
}

TEST_CASE("texts are cut where a tool writes too much", "[suite][results]") {
  const std::string much(std::size_t{8} << 20U, 'x');
  const std::string xml = "<testsuite name=\"s\"><testcase name=\"a\"><failure>" + much +
                          "</failure></testcase><testcase name=\"" + much.substr(0, 900'000) +
                          "\"/></testsuite>";
  const TestRun run = read_results(xml).value();
  REQUIRE(run.results.size() == 2);
  CHECK(is_bounded(run));
  CHECK(run.results[0].detail.size() == suite::k_max_test_detail);
  CHECK(run.results[0].detail.ends_with("x..."));
  CHECK(run.results[1].name.ends_with("x..."));
  CHECK(is_bounded(read_results("1..1\nnot ok 1 - " + much + "\n").value()));
  CHECK(is_bounded(
      read_results("{\"Action\":\"fail\",\"Package\":\"p\",\"Test\":\"" + much + "\"}\n").value()));
}

TEST_CASE("many tests are read, too many are refused", "[suite][results]") {
  const auto cases = [](std::size_t count) {
    std::string xml = "<testsuite name=\"s\">";
    for (std::size_t at = 0; at < count; ++at) xml += fmt::format("<testcase name=\"t{}\"/>", at);
    return xml + "</testsuite>";
  };
  CHECK(read_results(cases(200'000))->count(TestStatus::passed) == 200'000);
  const Result<TestRun> more = read_results(cases(suite::k_max_test_results + 1));
  REQUIRE_FALSE(more.has_value());
  CHECK(more.error().message.find(": more than 500000 results") != std::string::npos);
  CHECK(more.error().message.find("line 1, column ") == 0);

  std::string tap = "1..200000\n";
  for (int at = 1; at <= 200'000; ++at) tap += fmt::format("ok {}\n", at);
  CHECK(read_results(tap)->count(TestStatus::passed) == 200'000);

  // Gaps are told up to a number.
  std::string gaps = "1..9000\n";
  for (int at = 1; at <= 9000; at += 2) gaps += fmt::format("ok {}\n", at);
  const TestRun gappy = read_results(gaps).value();
  CHECK(gappy.count(TestStatus::failed) == 101);
  CHECK(gappy.results.back().name == "more missing tests");
}

TEST_CASE("nesting has an end", "[suite][results]") {
  std::string suites, ends;
  for (int at = 0; at < 300; ++at) {
    suites += "<testsuite name=\"s\">";
    ends += "</testsuite>";
  }
  const Result<TestRun> deep = read_results(suites + ends);
  REQUIRE_FALSE(deep.has_value());
  CHECK(deep.error().message == "line 1, column 4001: elements are nested deeper than 200 levels");
  const std::string brackets(100'000, '[');
  CHECK_FALSE(read_results("{\"runs\":" + brackets).has_value());
  CHECK_FALSE(read_results("{\"runs\":" + brackets + std::string(100'000, ']') + "}").has_value());
  std::string tap = "TAP version 14\n";
  for (int at = 0; at < 1000; ++at)
    tap += std::string(static_cast<std::size_t>(at) * 4, ' ') + "# Subtest: x\n";
  CHECK(read_results(tap)->verdict() != Status::pass);
}

TEST_CASE("files beyond the bounds are refused before they are read", "[suite][results]") {
  const Result<TestRun> file = read_results(std::string(suite::k_max_results_file + 1, ' '));
  REQUIRE_FALSE(file.has_value());
  CHECK(file.error().message == "268435457 bytes; a file of results may have 268435456");
  const std::string document =
      "{\"version\":\"2.1.0\",\"runs\":[]," + std::string(suite::k_max_results_document, ' ') + "\"x\":1}";
  const Result<TestRun> sarif = read_results(document);
  REQUIRE_FALSE(sarif.has_value());
  CHECK(sarif.error().message.find("bytes of JSON in one document") != std::string::npos);
  CHECK(sarif.error().hint.find("JUnit XML") != std::string::npos);
}

TEST_CASE("the tests that run at once are bounded", "[suite][results]") {
  std::string go, log = "{\"$report_type\":\"SessionStart\"}\n";
  for (int at = 0; at < 20'002; ++at) {
    go += fmt::format("{{\"Action\":\"run\",\"Package\":\"p\",\"Test\":\"T{}\"}}\n", at);
    log += fmt::format(
        "{{\"$report_type\":\"TestReport\",\"nodeid\":\"n{}\",\"when\":\"call\",\"outcome\":\"passed\"}}\n",
        at);
  }
  for (const std::string& lines : {go, log}) {
    const Result<TestRun> run = read_results(lines);
    REQUIRE_FALSE(run.has_value());
    CHECK(run.error().message.find("more than 20000 tests run at once") != std::string::npos);
  }
}
