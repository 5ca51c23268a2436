// Results of tests, from whatever tool, in the store: adding them and asking for them.
#include "commands/ci_job.hpp"
#include "commands/common.hpp"
#include "commands/recorded_texts.hpp"
#include "core/digest.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"
#include "io/files.hpp"
#include "io/process.hpp"
#include "store/recording.hpp"
#include "suite/results/format.hpp"
#include "suite/results/recorded.hpp"

#include <algorithm>
#include <cstdlib>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

constexpr Millis k_results_patience{30'000};  // of a pipe's writer
constexpr std::size_t k_max_files = 10'000;
constexpr std::size_t k_max_rows = 100'000;

/// The files of one run, read.
struct ResultFiles {
  suite::TestRun run;
  std::string key;
};

Result<ResultFiles> read_files(const std::vector<std::string>& files,
                               std::optional<std::string_view> format) {
  if (files.size() > k_max_files)
    return fail(ErrorKind::usage, fmt::format("{} files are more than one run has", files.size()),
                "add them in several runs");
  std::vector<suite::TestRun> runs;
  std::vector<std::string> digests;
  std::size_t results = 0;
  for (const std::string& file : files) {
    const auto bytes = io::read_file(file, suite::k_max_results_file, Deadline::after(k_results_patience));
    if (!bytes) return fail(bytes.error());
    std::string digest = sha256_hex(*bytes);
    if (std::find(digests.begin(), digests.end(), digest) != digests.end()) continue;
    auto run = suite::read_results(*bytes, format);
    if (!run) return fail(std::move(run.error()).during(fmt::format("reading {}", printable(file))));
    results += run->results.size();
    if (results > suite::k_max_test_results)
      return fail(ErrorKind::invalid, fmt::format("more than {} results", suite::k_max_test_results),
                  "add the files in several runs");
    digests.push_back(std::move(digest));
    runs.push_back(std::move(*run));
  }
  return ResultFiles{suite::merged_runs(std::move(runs)), suite::run_key(std::move(digests))};
}

suite::RunOrigin origin_of(const Args& args, const Context& context) {
  const CiJob job = ci_job([](const char* name) -> const char* { return std::getenv(name); });
  return {.name = args.option("--name").value_or(""),
          .host = args.option("--host").value_or(""),
          .branch = args.option("--branch").value_or(""),
          .commit = args.option("--commit").value_or(""),
          .branch_here = job.branch,
          .commit_here = job.commit,
          .host_here = io::host_name(),
          .now = context.clock.wall()};
}

/// What was done with one run, as a result of the report.
CheckResult recorded_result(const store::RecordedTests& tests, const store::Recorded& recorded,
                            const std::string& files) {
  const auto count = [&](store::Outcome outcome) {
    return std::count_if(tests.results.begin(), tests.results.end(),
                         [&](const auto& result) { return result.status == outcome; });
  };
  const std::string counts =
      fmt::format("{} results: {} passed, {} failed, {} skipped, {} broken", tests.results.size(),
                  count(store::Outcome::pass), count(store::Outcome::fail), count(store::Outcome::skip),
                  count(store::Outcome::error));
  CheckResult result;
  if (recorded.waits) {
    result =
        check_warn(fmt::format("{}; kept on this machine, the database is away: {}", counts, recorded.why),
                   "the next exai record brings it in; exai probe postgres says what is wrong");
  } else if (recorded.anew) {
    result = check_pass(fmt::format("run {}, {}", recorded.id, counts));
  } else {
    result = check_pass(fmt::format("it was recorded already, as run {}", recorded.id));
  }
  result.id = "record.run";
  result.title = files;
  result.group = "record";
  if (tests.results.empty() && result.status == Status::pass)
    result = [&] {
      CheckResult empty = check_warn(result.summary + "; no test stands in it", "was the right file given?");
      empty.id = result.id;
      empty.title = result.title;
      empty.group = result.group;
      return empty;
    }();
  if (recorded.id > 0)
    result.facts.push_back({.name = "run",
                            .text = std::to_string(recorded.id),
                            .number = static_cast<double>(recorded.id),
                            .unit = "",
                            .warn = {},
                            .crit = {}});
  return result;
}

void note_replayed(Report& report, const store::Spool::Replayed& replayed) {
  if (replayed.saved > 0)
    report.notes.push_back(
        fmt::format("{} runs that waited for the database were brought in", replayed.saved));
  for (const std::string& why : replayed.rejected)
    report.notes.push_back(printable(fmt::format("a run that waited was set aside: {}", why)));
}

Result<void> add_run(Report& report, const std::vector<std::string>& files, const Args& args,
                     Context& context) {
  const auto format = args.option("--format");
  auto read = read_files(files, format ? std::optional<std::string_view>(*format) : std::nullopt);
  if (!read) return fail(read.error());
  for (const std::string& note : read->run.notes) report.notes.push_back(note);
  const auto tests = suite::recorded_tests(read->run, read->key, origin_of(args, context));
  const std::string names =
      printable(files.size() > 1 ? fmt::format("{} files", files.size()) : files.front());
  const Wall started = context.clock.wall();
  if (context.globals.dry_run) {
    report.results.push_back(recorded_result(tests, {}, names));
    report.results.back().summary = fmt::format("would be recorded: {} results", tests.results.size());
    return {};
  }
  const auto recorded = store::record(home_of(context), tests, context.clock);
  if (!recorded) return fail(Error(recorded.error()).during("recording " + names));
  note_replayed(report, recorded->brought_in);
  report.results.push_back(recorded_result(tests, *recorded, names));
  report.results.back().started = started;
  return {};
}

Result<Outcome> record_add(const Args& args, Context& context) {
  const std::vector<std::string> files = args.positional_all("FILE");
  Report report = new_report(context, "record add");
  if (!args.has("--each")) {
    if (auto added = add_run(report, files, args, context); !added) return fail(added.error());
    return finished(std::move(report), context);
  }
  for (const std::string& file : files) {
    const auto added = add_run(report, {file}, args, context);
    if (added) continue;
    CheckResult lost = check_unknown(added.error());
    lost.id = "record.run";
    lost.title = printable(file);
    lost.group = "record";
    report.results.push_back(std::move(lost));
  }
  return finished(std::move(report), context);
}

Result<Outcome> record_replay(const Args&, Context& context) {
  const store::Home home = home_of(context);
  Report report = new_report(context, "record replay");
  const auto waiting = store::Spool(home.spool).waiting();
  if (!waiting) return fail(waiting.error());
  if (context.globals.dry_run)
    return text_outcome(fmt::format("{} runs wait\n", waiting->size()),
                        dump_json(Json{{"schema", "exai.record-replay/1"}, {"waiting", waiting->size()}}));
  const auto replayed = store::bring_in(home, context.clock);
  if (!replayed) return fail(replayed.error());
  note_replayed(report, *replayed);
  CheckResult result = replayed->rejected.empty()
                           ? check_pass(fmt::format("{} runs brought in", replayed->saved))
                           : check_fail(fmt::format("{} runs brought in, {} set aside", replayed->saved,
                                                    replayed->rejected.size()),
                                        fmt::format("look at {}/rejected", home.spool.string()));
  result.id = "record.replay";
  result.title = "what waited is in the database";
  result.group = "record";
  report.results.push_back(std::move(result));
  return finished(std::move(report), context);
}

Result<std::unique_ptr<store::Store>> store_of(const Context& context) {
  return store::open_store(home_of(context), context.clock);
}

Result<std::int64_t> run_number(const Args& args) {
  const std::string text = args.positional("ID");
  if (const auto number = read_digits(text); number && *number > 0) return *number;
  return fail(ErrorKind::usage, fmt::format("\"{}\" is no number of a run", printable(text)),
              "exai record list shows them");
}

Result<store::RunFilter> filter_of(const Args& args, const Context& context, std::size_t otherwise) {
  const auto since = duration_option(args, "--since");
  if (!since) return fail(since.error());
  const auto max = count_option(args, "--limit", otherwise, k_max_rows);
  if (!max) return fail(max.error());
  store::RunFilter filter;
  filter.branch = args.option("--branch").value_or("");
  filter.name = args.option("--name").value_or("");
  if (*since) filter.since = context.clock.wall() - **since;
  filter.max = *max;
  return filter;
}

Result<Outcome> record_list(const Args& args, Context& context) {
  const auto filter = filter_of(args, context, 20);
  if (!filter) return fail(filter.error());
  const auto store = store_of(context);
  if (!store) return fail(store.error());
  const auto runs = (*store)->test_runs().list(*filter);
  if (!runs) return fail(runs.error());
  Outcome outcome;
  outcome.table = run_table(*runs);
  return outcome;
}

Result<Outcome> show_spool(Context& context) {
  const auto waiting = store::Spool(home_of(context).spool).waiting();
  if (!waiting) return fail(waiting.error());
  Outcome outcome;
  outcome.table = spool_table(*waiting);
  return outcome;
}

Result<Outcome> record_show(const Args& args, Context& context) {
  if (args.has("--spool")) {
    if (!args.positional("ID").empty())
      return fail(ErrorKind::usage, "a run's number and --spool are two things to show", "give one");
    return show_spool(context);
  }
  if (args.positional("ID").empty())
    return fail(ErrorKind::usage, "which run?", "exai record list shows them; --spool shows what waits");
  const auto number = run_number(args);
  if (!number) return fail(number.error());
  const auto store = store_of(context);
  if (!store) return fail(store.error());
  const auto run = (*store)->test_runs().find(*number);
  if (!run) return fail(run.error());
  const auto results = (*store)->test_runs().results(*number);
  if (!results) return fail(results.error());
  return text_outcome(run_text(*run, *results, args.has("--all")), run_json(*run, *results));
}

Result<Outcome> record_failing(const Args& args, Context& context) {
  const auto since = duration_option(args, "--since", std::chrono::hours(24 * 7));
  if (!since) return fail(since.error());
  const auto max = count_option(args, "--limit", 20, k_max_rows);
  if (!max) return fail(max.error());
  const auto store = store_of(context);
  if (!store) return fail(store.error());
  const auto failing = (*store)->test_runs().failing(context.clock.wall() - *since, *max);
  if (!failing) return fail(failing.error());
  Outcome outcome;
  outcome.table = cli::Table{{"tool", "failures", "last"}, {}};
  for (const store::FailingTool& tool : *failing)
    outcome.table->rows.push_back(
        {printable(tool.tool), std::to_string(tool.failures), utc_seconds(tool.last)});
  return outcome;
}

Result<Outcome> record_stats(const Args& args, Context& context) {
  const auto filter = filter_of(args, context, 50);
  if (!filter) return fail(filter.error());
  const auto store = store_of(context);
  if (!store) return fail(store.error());
  const auto runs = (*store)->test_runs().list(*filter);
  if (!runs) return fail(runs.error());
  return text_outcome(stats_text(*runs), stats_json(*runs));
}

/// The runs that are asked for, oldest first.
Result<std::vector<store::TestRunRecord>> runs_to_export(const Args& args, Context& context,
                                                         store::TestRuns& all) {
  if (!args.positional("ID").empty()) {
    const auto number = run_number(args);
    if (!number) return fail(number.error());
    auto run = all.find(*number);
    if (!run) return fail(run.error());
    return std::vector{std::move(*run)};
  }
  const auto filter = filter_of(args, context, 1000);
  if (!filter) return fail(filter.error());
  auto runs = all.list(*filter);
  if (runs) std::reverse(runs->begin(), runs->end());
  return runs;
}

/// A run at a time goes out as it is read; asked for a document (-o json) all are in one.
Result<Outcome> record_export(const Args& args, Context& context) {
  const auto store = store_of(context);
  if (!store) return fail(store.error());
  store::TestRuns& all = (*store)->test_runs();
  const auto runs = runs_to_export(args, context, all);
  if (!runs) return fail(runs.error());
  const bool csv = args.option("--as").value_or("jsonl") == "csv";
  const bool document = !context.globals.outputs.empty();
  std::string text;
  const auto put = [&](const std::string& piece) {
    if (document) text += piece;
    if (!document) context.streams.out.write(piece);
  };
  if (csv) put(csv_head());
  for (const store::TestRunRecord& run : *runs) {
    const auto results = all.results(run.id);
    if (!results) return fail(results.error());
    put(csv ? csv_rows(run, *results) : jsonl_rows(run, *results));
    if (context.stop.stop_requested()) return fail(ErrorKind::cancelled, "stopped before the last run", "");
  }
  if (!document) return Outcome{};
  return text_outcome(text, csv ? "" : export_json(text));
}

constexpr cli::Option k_run_name_option{.name = "--name", .value = "NAME", .help = "what the run is called"};
constexpr cli::Option k_record_add_options[] = {
    {.name = "--format",
     .value = "ID",
     .help = "how the files are written; none means that they are looked at",
     .values = "junit|ctest|tap|pytest-json|sarif|gotest|exai"},
    k_run_name_option,
    {.name = "--branch", .value = "NAME", .help = "else the file's, else the CI job's"},
    {.name = "--commit", .value = "HASH", .help = "else the file's, else the CI job's"},
    {.name = "--host", .value = "NAME", .help = "else the file's, else this machine"},
    {.name = "--each", .help = "each file is a run of its own"}};
constexpr cli::Option k_record_filter_options[] = {
    {.name = "--branch", .value = "NAME", .help = "runs of this branch"},
    {.name = "--name", .value = "NAME", .help = "runs of this name"},
    {.name = "--since", .value = "DUR", .help = "how far back; none means all"},
    {.name = "--limit", .value = "N", .help = "at most so many, the newest"}};
constexpr cli::Option k_record_export_options[] = {
    {.name = "--as", .value = "FORM", .help = "how", .values = "jsonl|csv", .default_value = "jsonl"},
    k_record_filter_options[0],
    k_record_filter_options[1],
    k_record_filter_options[2],
    k_record_filter_options[3]};
constexpr cli::Option k_record_show_options[] = {
    {.name = "--all", .help = "what passed and what was skipped as well"},
    {.name = "--spool", .help = "runs that wait on this machine for the database"}};
constexpr cli::Option k_record_failing_options[] = {
    {.name = "--since", .value = "DUR", .help = "how far back", .default_value = "7d"},
    {.name = "--limit", .value = "N", .help = "at most so many", .default_value = "20"}};
constexpr cli::Positional k_result_files[] = {{.name = "FILE",
                                               .help = "results as a tool wrote them; - is standard input",
                                               .values = "@files",
                                               .required = true,
                                               .repeat = true}};
constexpr cli::Positional k_run_number[] = {{.name = "ID", .help = "number of a run"}};

const Registered<cli::Command> k_record_add{cli::Command{.path = "record add",
                                                         .group = "Operate",
                                                         .summary = "keeps results of tests, from any CI job",
                                                         .options = k_record_add_options,
                                                         .positionals = k_result_files,
                                                         .effect = cli::Effect::writes,
                                                         .run = record_add}};
const Registered<cli::Command> k_record_list{cli::Command{.path = "record list",
                                                          .group = "Operate",
                                                          .summary = "runs of tests, newest first",
                                                          .options = k_record_filter_options,
                                                          .run = record_list}};
const Registered<cli::Command> k_record_show{cli::Command{.path = "record show",
                                                          .group = "Operate",
                                                          .summary = "one run with what did not pass",
                                                          .options = k_record_show_options,
                                                          .positionals = k_run_number,
                                                          .run = record_show}};
const Registered<cli::Command> k_record_failing{cli::Command{.path = "record failing",
                                                             .group = "Operate",
                                                             .summary = "tools and test classes by failures",
                                                             .options = k_record_failing_options,
                                                             .run = record_failing}};
const Registered<cli::Command> k_record_stats{cli::Command{.path = "record stats",
                                                           .group = "Operate",
                                                           .summary = "pass rate, time and cost by run",
                                                           .options = k_record_filter_options,
                                                           .run = record_stats}};
const Registered<cli::Command> k_record_export{cli::Command{.path = "record export",
                                                            .group = "Operate",
                                                            .summary = "runs with all their results",
                                                            .options = k_record_export_options,
                                                            .positionals = k_run_number,
                                                            .run = record_export}};
const Registered<cli::Command> k_record_replay{
    cli::Command{.path = "record replay",
                 .group = "Operate",
                 .summary = "brings what waits on this machine into the database",
                 .effect = cli::Effect::writes,
                 .run = record_replay}};

}  // namespace
}  // namespace exai::commands
