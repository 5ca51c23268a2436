#include "suite/report/history.hpp"

#include <algorithm>
#include <map>
#include <optional>

namespace exai::suite {
namespace {

constexpr std::size_t k_flaky_changes = 2;

bool failed_result(store::Outcome outcome) {
  return outcome == store::Outcome::fail || outcome == store::Outcome::error;
}

/// By name; of several the one that fails.
std::map<std::string, const store::ResultRecord*> by_test(const std::vector<store::ResultRecord>& results) {
  std::map<std::string, const store::ResultRecord*> tests;
  for (const store::ResultRecord& result : results) {
    const std::string name = result.variation.empty() ? result.tool : result.tool + " " + result.variation;
    const store::ResultRecord*& known = tests[name];
    if (known == nullptr || failed_result(result.status)) known = &result;
  }
  return tests;
}

std::string first_line_of(const std::string& text) {
  return text.substr(0, text.find('\n'));
}

std::optional<TestChange::Kind> change_of(const store::ResultRecord* before,
                                          const store::ResultRecord* after) {
  const bool was = before != nullptr && failed_result(before->status);
  const bool is = after != nullptr && failed_result(after->status);
  if (before == nullptr) return TestChange::Kind::added;
  if (after == nullptr) return TestChange::Kind::gone;
  if (is && !was) return TestChange::Kind::broken;
  if (was && after->status == store::Outcome::pass) return TestChange::Kind::fixed;
  return std::nullopt;
}

}  // namespace

std::string_view to_string(TestChange::Kind kind) {
  switch (kind) {
    case TestChange::Kind::broken:
      return "broken";
    case TestChange::Kind::fixed:
      return "fixed";
    case TestChange::Kind::added:
      return "new";
    case TestChange::Kind::gone:
      return "gone";
  }
  return "";
}

std::vector<TestChange> compare_runs(const std::vector<store::ResultRecord>& before,
                                     const std::vector<store::ResultRecord>& after) {
  const auto old_tests = by_test(before), new_tests = by_test(after);
  std::vector<TestChange> changes;
  const auto add = [&](const std::string& test, const store::ResultRecord* was,
                       const store::ResultRecord* is) {
    const auto kind = change_of(was, is);
    if (!kind) return;
    const bool fails = is != nullptr && failed_result(is->status);
    // A new test that fails is as bad as one that broke.
    changes.push_back(
        {fails ? TestChange::Kind::broken : *kind, test, fails ? first_line_of(is->error) : ""});
  };
  for (const auto& [test, result] : new_tests) {
    const auto was = old_tests.find(test);
    add(test, was == old_tests.end() ? nullptr : was->second, result);
  }
  for (const auto& [test, result] : old_tests)
    if (new_tests.find(test) == new_tests.end()) add(test, result, nullptr);
  std::stable_sort(changes.begin(), changes.end(),
                   [](const TestChange& a, const TestChange& b) { return a.kind < b.kind; });
  return changes;
}

std::vector<FlakyTest> flaky_tests(const std::vector<std::vector<store::ResultRecord>>& runs) {
  struct Seen {
    FlakyTest test;
    bool failed = false;
  };
  std::map<std::string, Seen> all;
  for (const auto& run : runs)
    for (const auto& [name, result] : by_test(run)) {
      if (result->status == store::Outcome::skip) continue;
      const bool fails = failed_result(result->status);
      const auto [found, fresh] = all.try_emplace(name);
      Seen& seen = found->second;
      if (!fresh && seen.failed != fails) ++seen.test.changes;
      seen.test.test = name;
      ++seen.test.runs;
      seen.test.failures += fails ? 1 : 0;
      seen.failed = fails;
    }
  std::vector<FlakyTest> flaky;
  for (auto& [name, seen] : all)
    if (seen.test.changes >= k_flaky_changes) flaky.push_back(std::move(seen.test));
  std::stable_sort(flaky.begin(), flaky.end(),
                   [](const FlakyTest& a, const FlakyTest& b) { return a.changes > b.changes; });
  return flaky;
}

}  // namespace exai::suite
