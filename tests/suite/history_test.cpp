// What recorded runs say together, as tables.
#include "suite/report/history.hpp"

#include "tests/catch.hpp"

#include <fmt/core.h>

using namespace exai;
using store::Outcome;

namespace {

store::ResultRecord result_of(const std::string& tool, Outcome status, const std::string& error = "") {
  store::ResultRecord result;
  result.tool = tool;
  result.status = status;
  result.error = error;
  return result;
}

/// "+" passed, "-" failed, "!" broke, "s" skipped, "." is not there.
std::vector<store::ResultRecord> one_test(char sign) {
  switch (sign) {
    case '+':
      return {result_of("t", Outcome::pass)};
    case '-':
      return {result_of("t", Outcome::fail, "why\nmore")};
    case '!':
      return {result_of("t", Outcome::error, "why\nmore")};
    case 's':
      return {result_of("t", Outcome::skip)};
    default:
      return {};
  }
}

}  // namespace

TEST_CASE("two runs are compared test by test", "[suite][history]") {
  const std::vector<std::pair<std::string, std::string>> table{
      {"++", ""},       {"--", ""},     {"+-", "broken"}, {"-+", "fixed"}, {".+", "new"}, {".-", "broken"},
      {"+.", "gone"},   {"-.", "gone"}, {"s-", "broken"}, {"s+", ""},      {"+s", ""},    {"-s", ""},
      {"+!", "broken"}, {"!-", ""},     {"!+", "fixed"},  {"..", ""},      {".s", "new"}};
  for (const auto& [runs, expected] : table) {
    CAPTURE(runs);
    const auto changes = suite::compare_runs(one_test(runs[0]), one_test(runs[1]));
    REQUIRE(changes.size() == (expected.empty() ? 0U : 1U));
    if (expected.empty()) continue;
    CHECK(suite::to_string(changes[0].kind) == expected);
    CHECK(changes[0].test == "t");
    CHECK(changes[0].detail == (expected == "broken" ? "why" : ""));
  }
  // Of several of one name the one that fails counts; what broke stands first.
  const auto changes = suite::compare_runs({result_of("a", Outcome::pass), result_of("b", Outcome::fail)},
                                           {result_of("b", Outcome::pass), result_of("a", Outcome::fail, "x"),
                                            result_of("a", Outcome::pass), result_of("0", Outcome::pass)});
  REQUIRE(changes.size() == 3);
  CHECK(changes[0].test == "a");
  CHECK(changes[1].test == "b");
  CHECK(changes[2].test == "0");
}

TEST_CASE("a test is flaky when it changes twice", "[suite][history]") {
  const std::vector<std::tuple<std::string, std::size_t, std::size_t, std::size_t>> table{
      {"+++", 0, 0, 0},   {"+-+", 2, 1, 3}, {"++--", 0, 0, 0}, {"+-+-+", 4, 2, 5}, {"+s-s+", 2, 1, 3},
      {"+.-.+", 2, 1, 3}, {"", 0, 0, 0},    {"-+-", 2, 2, 3},  {"+!+", 2, 1, 3}};
  for (const auto& [history, changes, failures, runs] : table) {
    CAPTURE(history);
    std::vector<std::vector<store::ResultRecord>> all;
    for (const char sign : history) all.push_back(one_test(sign));
    const auto flaky = suite::flaky_tests(all);
    REQUIRE(flaky.size() == (changes > 0 ? 1U : 0U));
    if (flaky.empty()) continue;
    CHECK(flaky[0].changes == changes);
    CHECK(flaky[0].failures == failures);
    CHECK(flaky[0].runs == runs);
  }
}
