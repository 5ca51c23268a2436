#include "suite/run/runner.hpp"

#include "core/text.hpp"
#include "suite/run/case_run.hpp"

#include <algorithm>
#include <mutex>
#include <thread>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr unsigned k_most_jobs = 64;
constexpr std::size_t k_rate_from = 10;  // results before a rate says anything

bool not_good(const CaseResult& result) {
  return result.outcome == store::Outcome::fail || result.outcome == store::Outcome::error;
}

/// What is missing for the case; "" when it can run.
std::string lacking(const TestCase& test, const RunnerOptions& options) {
  for (const std::string& need : test.needs) {
    const auto found = options.has.find(need);
    if (found == options.has.end()) return fmt::format("needs {}, which is not there", need);
    if (!found->second.empty()) return fmt::format("needs {}: {}", need, found->second);
  }
  return {};
}

CaseResult skipped(std::string reason) {
  CaseResult result;
  result.reason = std::move(reason);
  return result;
}

std::string_view why_not_run(SuiteRun::Stopped stopped) {
  switch (stopped) {
    case SuiteRun::Stopped::no:
      return "";
    case SuiteRun::Stopped::cost:
      return "not run: the budget is spent";
    case SuiteRun::Stopped::failure_rate:
      return "not run: too many failed before";
    case SuiteRun::Stopped::interrupted:
      return "not run: interrupted";
    case SuiteRun::Stopped::deadline:
      return "not run: the time is over";
  }
  return "";
}

/// The run as its workers share it.
class SharedRun {
 public:
  SharedRun(const std::vector<TestCase>& cases, const RunnerOptions& options, const Clock& clock,
            std::stop_token stop)
      : cases_(cases), options_(options), clock_(clock), stop_(std::move(stop)) {
    run_.results.resize(cases.size());
  }

  /// The next case to run; what is skipped is done on the way. Nothing when the run is over.
  std::optional<std::size_t> next() {
    const std::scoped_lock lock(mutex_);
    while (next_ < cases_.size()) {
      look_for_end();
      if (run_.stopped != SuiteRun::Stopped::no) return std::nullopt;
      const std::size_t index = next_++;
      const TestCase& test = cases_[index];
      std::string reason = test.skip.empty() ? lacking(test, options_) : test.skip;
      if (reason.empty()) return index;
      finish(index, skipped(std::move(reason)));
    }
    return std::nullopt;
  }

  void done(std::size_t index, CaseResult result) {
    const std::scoped_lock lock(mutex_);
    run_.cost_usd += result.cost_usd.value_or(0);
    ran_ += result.ran ? 1 : 0;
    failed_ += not_good(result) ? 1 : 0;
    finish(index, std::move(result));
  }

  SuiteRun taken() {
    look_for_end();
    for (std::size_t index = 0; index < cases_.size(); ++index)
      if (!finished_.contains(index)) {
        const TestCase& test = cases_[index];
        run_.results[index] = skipped(test.skip.empty() ? std::string(why_not_run(run_.stopped)) : test.skip);
        run_.results[index].started = clock_.wall();
      }
    run_.cost_usd = 0;  // in their order: the same sum to the last digit in every run
    for (const CaseResult& result : run_.results) run_.cost_usd += result.cost_usd.value_or(0);
    return std::move(run_);
  }

 private:
  void look_for_end() {
    if (run_.stopped != SuiteRun::Stopped::no || finished_.size() == cases_.size()) return;
    if (stop_.stop_requested())
      run_.stopped = SuiteRun::Stopped::interrupted;
    else if (options_.deadline.passed(clock_))
      run_.stopped = SuiteRun::Stopped::deadline;
    else if (options_.max_cost_usd && run_.cost_usd >= *options_.max_cost_usd)
      run_.stopped = SuiteRun::Stopped::cost;
    else if (options_.stop_failure_rate && ran_ >= k_rate_from &&
             100.0 * static_cast<double>(failed_) > *options_.stop_failure_rate * static_cast<double>(ran_))
      run_.stopped = SuiteRun::Stopped::failure_rate;
  }

  void finish(std::size_t index, CaseResult result) {
    finished_.insert(index);
    if (result.started == Wall{}) result.started = clock_.wall();
    run_.results[index] = std::move(result);
    if (options_.on_result) options_.on_result(index, run_.results[index], finished_.size());
  }

  const std::vector<TestCase>& cases_;
  const RunnerOptions& options_;
  const Clock& clock_;
  std::stop_token stop_;
  std::mutex mutex_;
  std::size_t next_ = 0, ran_ = 0, failed_ = 0;
  std::set<std::size_t> finished_;
  SuiteRun run_;
};

CaseResult run_with_retry(const TestCase& test, CaseWorld& world) {
  CaseResult result = run_case(test, world);
  if (!world.options.retry_failed || !not_good(result) || world.stop.stop_requested()) return result;
  CaseResult again = run_case(test, world);
  if (result.cost_usd) again.cost_usd = again.cost_usd.value_or(0) + *result.cost_usd;
  if (!again.ran || again.outcome != store::Outcome::pass) return again;
  again.flaky = true;
  Finding finding;
  finding.severity = Status::warn;
  finding.rule = "flaky";
  finding.message = "passed when it was asked again; before: " + result.reason;
  again.findings.insert(again.findings.begin(), std::move(finding));
  return again;
}

}  // namespace

std::size_t SuiteRun::count(store::Outcome outcome) const {
  return static_cast<std::size_t>(std::count_if(
      results.begin(), results.end(), [&](const CaseResult& result) { return result.outcome == outcome; }));
}

std::optional<double> SuiteRun::pass_rate() const {
  const std::size_t passed = count(store::Outcome::pass);
  const std::size_t all = passed + count(store::Outcome::fail) + count(store::Outcome::error);
  if (all == 0) return std::nullopt;
  return 100.0 * static_cast<double>(passed) / static_cast<double>(all);
}

SuiteRun run_cases(const std::vector<TestCase>& cases, const SessionOpener& open, const JudgeFacts& facts,
                   const RunnerOptions& options, const Clock& clock, const std::stop_token& stop) {
  SharedRun shared(cases, options, clock, stop);
  const auto work = [&] {
    Sessions sessions(open, options.deadline, stop);
    CaseWorld world{sessions, facts, options, clock, stop};
    while (const auto index = shared.next()) shared.done(*index, run_with_retry(cases[*index], world));
  };
  {
    const unsigned jobs = std::clamp(options.jobs, 1U, k_most_jobs);
    std::vector<std::jthread> others;
    for (unsigned job = 1; job < jobs; ++job) others.emplace_back(work);
    work();
  }
  return shared.taken();
}

SuiteRun run_cases_first(const std::vector<TestCase>& cases,
                         const std::function<bool(const TestCase&)>& first, const SessionOpener& open,
                         const JudgeFacts& facts, const RunnerOptions& options, const Clock& clock,
                         const std::stop_token& stop) {
  SuiteRun whole;
  whole.results.resize(cases.size());
  for (CaseResult& result : whole.results) result.reason = "not run: the run was stopped before";
  std::size_t before = 0;
  for (const bool turn : {true, false}) {
    std::vector<TestCase> part;
    std::vector<std::size_t> places;
    for (std::size_t at = 0; at < cases.size(); ++at) {
      if (first(cases[at]) != turn) continue;
      part.push_back(cases[at]);
      places.push_back(at);
    }
    RunnerOptions mine = options;
    if (mine.max_cost_usd) mine.max_cost_usd = std::max(0.0, *mine.max_cost_usd - whole.cost_usd);
    if (options.on_result)
      mine.on_result = [&](std::size_t index, const CaseResult& result, std::size_t done) {
        options.on_result(places[index], result, before + done);
      };
    SuiteRun run = run_cases(part, open, facts, mine, clock, stop);
    for (std::size_t at = 0; at < part.size(); ++at) whole.results[places[at]] = std::move(run.results[at]);
    whole.cost_usd += run.cost_usd;
    whole.stopped = run.stopped;
    before += part.size();
    if (run.stopped != SuiteRun::Stopped::no) break;
  }
  return whole;
}

}  // namespace exai::suite
