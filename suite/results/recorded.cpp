#include "suite/results/recorded.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"

#include <algorithm>
#include <iterator>

namespace exai::suite {
namespace {

store::Outcome outcome_of(TestStatus status) {
  switch (status) {
    case TestStatus::passed:
      return store::Outcome::pass;
    case TestStatus::failed:
      return store::Outcome::fail;
    case TestStatus::skipped:
      return store::Outcome::skip;
    case TestStatus::error:
      break;
  }
  return store::Outcome::error;
}

double seconds_of(Micros duration) {
  return std::chrono::duration<double>(duration).count();
}

store::ResultRecord recorded_result(const TestResult& result) {
  store::ResultRecord record;
  record.tool = result.group.empty() ? result.name : result.group;
  if (!result.group.empty()) record.variation = result.name;
  record.status = outcome_of(result.status);
  if (result.duration) record.duration = seconds_of(*result.duration);
  record.error = result.message;
  if (!result.detail.empty() && result.detail != result.message)
    record.error += (record.error.empty() ? "" : "\n") + result.detail;
  record.file = result.file;
  record.line = result.line;
  return record;
}

/// The first that is not empty.
std::string first_of(std::string_view first, std::string_view second, std::string_view third) {
  return printable(!first.empty() ? first : !second.empty() ? second : third);
}

}  // namespace

TestRun merged_runs(std::vector<TestRun> runs) {
  if (runs.size() == 1) return std::move(runs.front());
  TestRun all;
  std::vector<std::string> names, formats;
  const auto add_new = [](std::vector<std::string>& list, const std::string& text) {
    if (!text.empty() && std::find(list.begin(), list.end(), text) == list.end()) list.push_back(text);
  };
  for (TestRun& run : runs) {
    add_new(names, run.name);
    add_new(formats, run.format);
    if (run.started && (!all.started || *run.started < *all.started)) all.started = run.started;
    if (run.duration) all.duration = all.duration.value_or(Micros{0}) + *run.duration;
    if (all.host.empty()) all.host = run.host;
    if (!all.branch) all.branch = run.branch;
    if (!all.commit) all.commit = run.commit;
    std::move(run.results.begin(), run.results.end(), std::back_inserter(all.results));
    std::move(run.notes.begin(), run.notes.end(), std::back_inserter(all.notes));
  }
  if (names.size() == 1) all.name = names.front();
  all.format = join(formats, ",");
  return all;
}

std::string run_key(std::vector<std::string> digests) {
  std::sort(digests.begin(), digests.end());
  digests.erase(std::unique(digests.begin(), digests.end()), digests.end());
  return "sha256:" + (digests.size() == 1 ? digests.front() : sha256_hex(join(digests, "\n")));
}

store::RecordedTests recorded_tests(const TestRun& run, std::string key, const RunOrigin& origin) {
  store::RecordedTests recorded;
  store::TestRunRecord& record = recorded.run;
  record.key = std::move(key);
  record.at = run.started.value_or(origin.now);
  record.format = run.format;
  record.name = first_of(origin.name, run.name, run.format);
  record.host = first_of(origin.host, run.host, origin.host_here);
  record.branch = first_of(origin.branch, run.branch.value_or(""), origin.branch_here);
  record.commit = first_of(origin.commit, run.commit.value_or(""), origin.commit_here);
  record.notes = join(run.notes, "\n");
  if (run.duration) record.duration = seconds_of(*run.duration);
  recorded.results.reserve(run.results.size());
  for (const TestResult& result : run.results) recorded.results.push_back(recorded_result(result));
  return recorded;
}

}  // namespace exai::suite
