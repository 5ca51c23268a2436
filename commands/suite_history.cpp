// What recorded runs of tests say together: trend, comparison, flaky tests.
#include "commands/common.hpp"
#include "commands/recorded_texts.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"
#include "suite/report/history.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::commands {
namespace {

constexpr std::string_view k_suite_name = "suite run";
constexpr std::size_t k_most_runs = 1000;

Result<store::RunFilter> history_filter(const Args& args, std::size_t otherwise) {
  const auto max = count_option(args, "--limit", otherwise, k_most_runs);
  if (!max) return fail(max.error());
  store::RunFilter filter;
  filter.name = args.option("--name").value_or(std::string(k_suite_name));
  filter.branch = args.option("--branch").value_or("");
  filter.max = *max;
  return filter;
}

Error no_runs(const store::RunFilter& filter, std::size_t needed) {
  return make_error(
      ErrorKind::not_found,
      fmt::format("there are fewer than {} recorded runs of the name \"{}\"", needed, printable(filter.name)),
      "exai suite run --record keeps one; exai record list shows all names");
}

/// The newest runs of that name, oldest first; an error when there are fewer than needed.
Result<std::vector<store::TestRunRecord>> newest_runs(store::TestRuns& all, const store::RunFilter& filter,
                                                      std::size_t needed) {
  auto runs = all.list(filter);
  if (!runs) return runs;
  if (runs->size() < needed) return fail(no_runs(filter, needed));
  std::reverse(runs->begin(), runs->end());
  return runs;
}

Result<Outcome> suite_trend(const Args& args, Context& context) {
  const auto filter = history_filter(args, 30);
  if (!filter) return fail(filter.error());
  const auto store = store::open_store(home_of(context), context.clock);
  if (!store) return fail(store.error());
  auto runs = newest_runs((*store)->test_runs(), *filter, 1);
  if (!runs) return fail(runs.error());
  std::reverse(runs->begin(), runs->end());
  return text_outcome(stats_text(*runs), stats_json(*runs));
}

Result<std::int64_t> number_of_run(const std::string& text) {
  if (const auto number = read_digits(text); number && *number > 0) return *number;
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no number of a run", printable(text)),
              "exai record list shows them");
}

/// OLD and NEW, or the last two.
Result<std::pair<store::TestRunRecord, store::TestRunRecord>> compared_runs(const Args& args,
                                                                            store::TestRuns& all) {
  const std::string before = args.positional("OLD"), after = args.positional("NEW");
  if (before.empty()) {
    auto filter = history_filter(args, 2);
    if (!filter) return fail(filter.error());
    filter->max = 2;
    auto runs = newest_runs(all, *filter, 2);
    if (!runs) return fail(runs.error());
    return std::pair{(*runs)[0], (*runs)[1]};
  }
  if (after.empty())
    return fail(ErrorKind::usage, "one run cannot be compared", "give OLD and NEW, or none for the last two");
  std::vector<store::TestRunRecord> found;
  for (const std::string& text : {before, after}) {
    const auto number = number_of_run(text);
    if (!number) return fail(number.error());
    auto run = all.find(*number);
    if (!run) return fail(run.error());
    found.push_back(std::move(*run));
  }
  return std::pair{found[0], found[1]};
}

CheckResult comparison(const std::vector<suite::TestChange>& changes) {
  CheckResult result = result_of("suite.compare", "nothing broke between the two runs", Status::pass, "");
  result.group = "suite";
  std::size_t counts[4] = {};
  for (const suite::TestChange& change : changes) {
    ++counts[static_cast<std::size_t>(change.kind)];
    Finding finding;
    finding.severity = change.kind == suite::TestChange::Kind::broken ? Status::fail : Status::skip;
    finding.rule = fmt::format("suite.{}", suite::to_string(change.kind));
    finding.message = printable(fmt::format("{}: {}{}{}", suite::to_string(change.kind), change.test,
                                            change.detail.empty() ? "" : ": ", change.detail));
    if (finding.severity == Status::fail) result.status = Status::fail;
    result.findings.push_back(std::move(finding));
  }
  result.summary =
      fmt::format("{} broken, {} fixed, {} new, {} gone", counts[0], counts[1], counts[2], counts[3]);
  return result;
}

Result<Outcome> suite_compare(const Args& args, Context& context) {
  const auto store = store::open_store(home_of(context), context.clock);
  if (!store) return fail(store.error());
  store::TestRuns& all = (*store)->test_runs();
  const auto runs = compared_runs(args, all);
  if (!runs) return fail(runs.error());
  const auto before = all.results(runs->first.id);
  if (!before) return fail(before.error());
  const auto after = all.results(runs->second.id);
  if (!after) return fail(after.error());
  Report report = new_report(context, "suite compare");
  report.notes.push_back(
      printable(fmt::format("run {} of {} against run {} of {}", runs->second.id,
                            utc_seconds(runs->second.at), runs->first.id, utc_seconds(runs->first.at))));
  report.results.push_back(
      timed(context.clock, [&] { return comparison(suite::compare_runs(*before, *after)); }));
  if (report.results[0].status == Status::pass)
    for (const Finding& finding : report.results[0].findings) report.notes.push_back(finding.message);
  return finished(std::move(report), context);
}

Result<Outcome> suite_flaky(const Args& args, Context& context) {
  const auto filter = history_filter(args, 20);
  if (!filter) return fail(filter.error());
  const auto store = store::open_store(home_of(context), context.clock);
  if (!store) return fail(store.error());
  const auto runs = newest_runs((*store)->test_runs(), *filter, 1);
  if (!runs) return fail(runs.error());
  std::vector<std::vector<store::ResultRecord>> results;
  for (const store::TestRunRecord& run : *runs) {
    auto one = (*store)->test_runs().results(run.id);
    if (!one) return fail(one.error());
    results.push_back(std::move(*one));
  }
  Outcome outcome;
  outcome.table = cli::Table{{"test", "changes", "failures", "runs"}, {}};
  for (const suite::FlakyTest& test : suite::flaky_tests(results))
    outcome.table->rows.push_back({printable(test.test), std::to_string(test.changes),
                                   std::to_string(test.failures), std::to_string(test.runs)});
  return outcome;
}

constexpr cli::Option k_history_options[] = {
    {.name = "--name",
     .value = "NAME",
     .help = "which runs: those of this name",
     .default_value = "suite run"},
    {.name = "--branch", .value = "NAME", .help = "only those of this branch"},
    {.name = "--limit", .value = "N", .help = "at most so many, the newest"}};
constexpr cli::Positional k_compared_runs[] = {{.name = "OLD", .help = "number of a run"},
                                               {.name = "NEW", .help = "number of another"}};

const Registered<cli::Command> k_suite_trend{
    cli::Command{.path = "suite trend",
                 .group = "Validate",
                 .summary = "pass rate, time and cost from run to run",
                 .options = k_history_options,
                 .run = suite_trend}};
const Registered<cli::Command> k_suite_compare{
    cli::Command{.path = "suite compare",
                 .group = "Validate",
                 .summary = "what broke and what was mended between two runs",
                 .options = k_history_options,
                 .positionals = k_compared_runs,
                 .run = suite_compare}};
const Registered<cli::Command> k_suite_flaky{
    cli::Command{.path = "suite flaky",
                 .group = "Validate",
                 .summary = "tests that pass in one run and fail in the next",
                 .options = k_history_options,
                 .run = suite_flaky}};

}  // namespace
}  // namespace exai::commands
