#include "suite/report/case_results.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::suite {
namespace {

std::string hyphenated(std::string_view name) {
  std::string text;
  for (const char byte : name) text += byte == ' ' ? '-' : byte;
  return text;
}

Status status_for(const CaseResult& result) {
  switch (result.outcome) {
    case store::Outcome::pass:
      return result.findings.empty() ? Status::pass : Status::warn;
    case store::Outcome::fail:
      return Status::fail;
    case store::Outcome::skip:
      return Status::skip;
    case store::Outcome::error:
      return Status::unknown;
  }
  return Status::unknown;
}

std::string summary_of(const TestCase& test, const CaseResult& result) {
  if (!result.reason.empty()) return printable(result.reason);
  if (!result.findings.empty()) return printable(result.findings.front().message);
  std::size_t calls = 0;
  for (const CaseCall& call : test.calls) calls += call.copies;
  return calls == 1 ? "1 call" : fmt::format("{} calls", calls);
}

void add_fact(CheckResult& result, std::string name, std::string text, std::optional<double> number = {},
              std::string unit = {}) {
  Fact fact;
  fact.name = std::move(name);
  fact.text = std::move(text);
  fact.number = number;
  fact.unit = std::move(unit);
  result.facts.push_back(std::move(fact));
}

CheckResult result_of_case(const TestCase& test, const CaseResult& result) {
  CheckResult check;
  check.id = case_id(test);
  check.title = test.name.empty() ? test.variation : test.variation + ": " + test.name;
  check.group = test.tool;
  check.status = status_for(result);
  if (check.status == Status::fail || check.status == Status::unknown) check.cause = Cause::tolerated;
  check.summary = summary_of(test, result);
  check.findings = result.findings;
  check.started = result.started;
  check.duration = result.duration;
  if (result.tokens)
    add_fact(check, "tokens", std::to_string(*result.tokens), static_cast<double>(*result.tokens));
  if (result.cost_usd) add_fact(check, "cost", fmt::format("{:.6f} USD", *result.cost_usd), *result.cost_usd);
  if (!result.model.empty()) add_fact(check, "model", result.model);
  return check;
}

CheckResult judged_rate(const SuiteRun& run, double min_pass_rate) {
  CheckResult check;
  check.id = "suite.rate";
  check.title = "enough of the cases pass";
  check.group = "suite";
  const auto rate = run.pass_rate();
  const std::size_t passed = run.count(store::Outcome::pass), failed = run.count(store::Outcome::fail),
                    errors = run.count(store::Outcome::error);
  if (!rate) {
    check.status = Status::unknown;
    check.summary = "no case ran";
    check.hint = "exai suite list shows what there is";
    return check;
  }
  check.status = *rate >= min_pass_rate ? Status::pass : Status::fail;
  check.summary = fmt::format(
      "{:.1f} % passed, {:g} % are due: {} passed, {} failed, {} could not be asked, "
      "{} skipped",
      *rate, min_pass_rate, passed, failed, errors, run.count(store::Outcome::skip));
  if (run.cost_usd > 0) add_fact(check, "cost", fmt::format("{:.6f} USD", run.cost_usd), run.cost_usd);
  return check;
}

/// Nothing for a run that came to its end.
std::optional<CheckResult> told_stop(const SuiteRun& run) {
  CheckResult check;
  check.id = "suite.stopped";
  check.title = "the run comes to its end";
  check.group = "suite";
  check.cause = Cause::budget;
  check.status = Status::fail;
  switch (run.stopped) {
    case SuiteRun::Stopped::no:
      return std::nullopt;
    case SuiteRun::Stopped::cost:
      check.summary = fmt::format("stopped: {:.6f} USD were spent", run.cost_usd);
      check.hint = "--max-cost allows more";
      break;
    case SuiteRun::Stopped::failure_rate:
      check.summary = "stopped: too many of the first cases failed";
      check.hint = "--stop-failure-rate 100 goes on";
      break;
    case SuiteRun::Stopped::deadline:
      check.summary = "stopped: the time is over";
      check.hint = "--timeout allows more";
      break;
    case SuiteRun::Stopped::interrupted:
      check.summary = "interrupted: what was done is above";
      check.cause = Cause::none;
      check.status = Status::unknown;
      break;
  }
  return check;
}

}  // namespace

std::string case_id(const TestCase& test) {
  std::string id = test.tool + "." + test.variation;
  if (!test.name.empty()) id += "." + hyphenated(test.name);
  return id;
}

std::vector<CheckResult> case_results(const std::vector<TestCase>& cases, const SuiteRun& run,
                                      double min_pass_rate) {
  std::vector<CheckResult> results;
  for (std::size_t index = 0; index < cases.size(); ++index)
    results.push_back(result_of_case(cases[index], run.results[index]));
  if (auto stop = told_stop(run)) results.push_back(std::move(*stop));
  results.push_back(judged_rate(run, min_pass_rate));
  return results;
}

}  // namespace exai::suite
