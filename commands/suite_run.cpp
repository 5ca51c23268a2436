#include "cli/progress.hpp"
#include "commands/mcp_session.hpp"
#include "commands/suite_cases.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "suite/derive/derived_judge.hpp"
#include "suite/report/case_results.hpp"
#include "suite/report/html.hpp"
#include "suite/report/recorded_suite.hpp"
#include "suite/run/fixtures.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cmath>
#include <mutex>
#include <thread>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

constexpr Millis k_setup_patience{60'000};

/// A number of an option, from 0 to `most`.
Result<std::optional<double>> number_option(const Args& args, std::string_view name, double most) {
  const auto given = args.option(name);
  if (!given) return std::optional<double>();
  double value = 0;
  const auto [end, problem] = std::from_chars(given->data(), given->data() + given->size(), value);
  if (problem != std::errc{} || end != given->data() + given->size() || !std::isfinite(value) || value < 0 ||
      value > most)
    return fail(ErrorKind::usage,
                fmt::format("{} is a number from 0 to {:g}, not \"{}\"", name, most, printable(*given)));
  return std::optional(value);
}

/// Where the cases go: how sessions are opened, and which files the server may read.
struct Stage {
  mcp::client::McpTarget target;
  std::vector<Secret> secrets;
  std::optional<suite::ScratchFolder> scratch;  ///< of an offline run: its deployment
  std::optional<suite::ScratchFolder> files;
  std::string fixtures;
  std::map<std::string, std::string> has;  ///< files and git
};

Result<std::filesystem::path> first_root(const Context& context) {
  const auto roots = split(context.config.text("workspace.roots"), ',');
  if (roots.empty()) return fail(ErrorKind::config, "EXAI_WORKSPACE_ROOTS names no folder");
  return (context.root / roots.front()).lexically_normal();
}

/// Puts the files where the server may read them; where that cannot be, their cases are skipped.
void lay_files(const Args& args, const Context& context, Stage& stage) {
  constexpr std::string_view k_elsewhere = "--fixtures DIR names a folder that the server may read";
  stage.has = {{"files", std::string(k_elsewhere)}, {"git", std::string(k_elsewhere)}};
  const auto given = args.option("--fixtures");
  if (given == "none" || (!given && args.has("--server"))) return;
  Result<std::filesystem::path> parent = std::filesystem::path();
  if (stage.scratch)
    parent = stage.scratch->path() / "files";
  else
    parent = given ? std::filesystem::absolute(*given) : first_root(context);
  const auto failed = [&](const Error& error) {
    stage.has = {{"files", error.message}, {"git", error.message}};
  };
  if (!parent) return failed(parent.error());
  auto folder = suite::ScratchFolder::make(*parent, "exai-suite-");
  if (!folder) return failed(folder.error());
  auto has = suite::write_fixtures(folder->path(), Deadline::after(k_setup_patience, context.clock));
  if (!has) return failed(has.error());
  stage.has = std::move(*has);
  stage.fixtures = folder->path().string();
  stage.files.emplace(std::move(*folder));
}

Result<void> go_offline(Stage& stage) {
  std::error_code problem;
  const auto executable = std::filesystem::read_symlink("/proc/self/exe", problem);
  if (problem) return fail(ErrorKind::internal, "the own program is not found: " + problem.message());
  const auto temporary = std::filesystem::temp_directory_path(problem);
  auto folder = suite::ScratchFolder::make(problem ? "/tmp" : temporary, "exai-offline-");
  if (!folder) return fail(std::move(folder).error());
  auto command = suite::offline_server(folder->path(), executable);
  if (!command) return fail(std::move(command).error());
  stage.target.command = std::move(*command);
  stage.scratch.emplace(std::move(*folder));
  return {};
}

Result<Stage> set_up(const Args& args, const Context& context) {
  Stage stage;
  stage.secrets = context.config.secrets();
  if (args.has("--offline")) {
    if (args.has("--server") || args.has("--stdio"))
      return fail(ErrorKind::usage, "--offline starts a server of its own",
                  "leave --server and --stdio away");
    if (auto gone = go_offline(stage); !gone) return fail(gone.error());
  } else {
    auto target = mcp_session::target_of(args, context, stage.secrets);
    if (!target) return fail(std::move(target).error());
    stage.target = std::move(*target);
  }
  lay_files(args, context, stage);
  return stage;
}

struct Gates {
  double max_cost = 10;
  std::optional<double> stop_failure_rate;
  double min_pass_rate = 90;
};

Result<Gates> gates_of(const Args& args) {
  constexpr double k_most_cost = 1e6, k_all = 100;
  Gates gates;
  const auto cost = number_option(args, "--max-cost", k_most_cost);
  if (!cost) return fail(cost.error());
  const auto failing = number_option(args, "--stop-failure-rate", k_all);
  if (!failing) return fail(failing.error());
  const auto passing = number_option(args, "--min-pass-rate", k_all);
  if (!passing) return fail(passing.error());
  gates.max_cost = cost->value_or(gates.max_cost);
  gates.stop_failure_rate = *failing;
  gates.min_pass_rate = passing->value_or(gates.min_pass_rate);
  return gates;
}

unsigned jobs_of(const Context& context) {
  constexpr unsigned k_most_automatic = 4;
  if (context.globals.jobs > 0) return static_cast<unsigned>(context.globals.jobs);
  return std::clamp(2 * std::thread::hardware_concurrency(), 1U, k_most_automatic);
}

cli::Table plan_of(const std::vector<suite::TestCase>& cases) {
  cli::Table table{{"id", "calls", "needs", "money", "applies"}, {}};
  for (const suite::TestCase& test : cases) {
    std::size_t calls = 0;
    for (const suite::CaseCall& call : test.calls) calls += call.copies;
    table.rows.push_back({suite::case_id(test), std::to_string(calls), join(test.needs, ","),
                          test.spends_money ? "yes" : "", test.skip.empty() ? "yes" : test.skip});
  }
  return table;
}

Result<Outcome> list_cases(const Args& args, Context& context) {
  if (!args.has("--check")) {
    const auto cases = suite_cases::chosen(args);
    if (!cases) return fail(cases.error());
    Outcome outcome;
    outcome.table = plan_of(*cases);
    return outcome;
  }
  return mcp_session::with_session(args, context, {}, [&](mcp_session::Session& session) -> Result<Outcome> {
    const auto facts = suite_cases::facts_of(*session.client, session.deadline, context.stop);
    if (!facts) return fail(facts.error());
    Report report = new_report(context, "suite list");
    report.results.push_back(timed(context.clock, [&] { return suite_cases::coverage(*facts); }));
    return finished(std::move(report), context);
  });
}

suite::SessionOpener opener_of(const Stage& stage, const Args& args, const Context& context,
                               const Redactor& redactor) {
  std::function<void(char, std::string_view)> trace;
  if (args.has("--trace"))  // several sessions write at once: a line each
    trace = [&, lock = std::make_shared<std::mutex>()](char way, std::string_view frame) {
      const std::string line = fmt::format("{} {}\n", way, printable(redactor.apply(frame)));
      const std::scoped_lock one_at_a_time(*lock);
      context.streams.err.write(line);
    };
  auto opened = std::make_shared<std::atomic<int>>(0);
  return [&stage, trace, opened](mcp::client::McpObserver observer, Deadline deadline, std::stop_token stop) {
    observer.on_frame = trace;
    mcp::client::McpTarget target = stage.target;
    // Each session of an offline run is a server of its own, and two must not write one log.
    if (stage.scratch) target.command = suite::with_own_log(target.command, ++*opened);
    return mcp::client::McpClient::connect(target, std::move(observer), deadline, std::move(stop));
  };
}

/// What the server says of itself, asked in a session that ends with it.
Result<suite_cases::ServerFacts> first_look(const suite::SessionOpener& open, const Context& context) {
  const Deadline deadline = context.deadline.within(k_setup_patience, context.clock);
  auto client = open({}, deadline, context.stop);
  if (!client) {
    Error error = std::move(client).error();
    if (error.hint.empty()) error.hint = "exai serve starts our own server; --offline needs none";
    return fail(std::move(error));
  }
  return suite_cases::facts_of(**client, deadline, context.stop);
}

/// Texts of servers may show what was given to them by a flag.
void hide_secrets(std::vector<CheckResult>& results, const Redactor& redactor) {
  for (CheckResult& result : results) {
    result.summary = redactor.apply(result.summary);
    for (Finding& finding : result.findings) finding.message = redactor.apply(finding.message);
  }
}

/// What is run against a server: the catalogue against one of ours, cases out of its own schemas against any
/// other.
struct Plan {
  std::vector<suite::TestCase> cases;
  std::shared_ptr<suite::DerivedJudge> derived{};  ///< of a server that is not ours
};

Result<Plan> plan_for(const Args& args, Result<std::vector<suite::TestCase>> catalogue,
                      const suite_cases::ServerFacts& facts) {
  if (!args.has("--derived") && suite_cases::is_ours(facts)) {
    if (!catalogue) return fail(std::move(catalogue).error());
    suite_cases::skip_hidden(*catalogue, facts);
    return Plan{std::move(*catalogue)};
  }
  auto cases = suite_cases::derived(args, facts);
  if (!cases) return fail(std::move(cases).error());
  return Plan{std::move(*cases), std::make_shared<suite::DerivedJudge>(facts.tools, facts.protocol)};
}

suite::SuiteRun run_plan(const Plan& plan, const suite::SessionOpener& open, suite::JudgeFacts judged,
                         const suite::RunnerOptions& options, const Context& context) {
  if (!plan.derived) return suite::run_cases(plan.cases, open, judged, options, context.clock, context.stop);
  judged.judge = [judge = plan.derived](const suite::CaseCall& call, const suite::Observed& seen) {
    return judge->judge(call, seen);
  };
  // How right arguments are answered shows what a refusal of wrong ones is worth.
  const auto is_valid = [](const suite::TestCase& test) { return test.variation == "valid"; };
  return suite::run_cases_first(plan.cases, is_valid, open, judged, options, context.clock, context.stop);
}

suite::RunnerOptions runner_options(const Args& args, const Context& context, const Gates& gates,
                                    const suite_cases::ServerFacts& facts, const Stage& stage) {
  suite::RunnerOptions options;
  options.jobs = jobs_of(context);
  options.max_cost_usd = gates.max_cost;
  options.stop_failure_rate = gates.stop_failure_rate;
  options.retry_failed = args.has("--retry-failed");
  options.has = facts.has;
  options.has.insert(stage.has.begin(), stage.has.end());
  options.fixtures = stage.fixtures;
  options.deadline = context.deadline;
  return options;
}

/// The page, where one is asked for.
Result<Outcome> with_page(const Args& args, Outcome outcome) {
  const auto file = args.option("--html");
  if (!file) return outcome;
  const std::string page = suite::html_page(*outcome.report);
  if (auto written = io::write_output(*file, page, Deadline::after(k_setup_patience)); !written)
    return fail(std::move(written).error().during("writing the page"));
  return outcome;
}

Result<Outcome> run_chosen(const Args& args, Context& context, Result<std::vector<suite::TestCase>> catalogue,
                           const Gates& gates) {
  auto stage = set_up(args, context);
  if (!stage) return fail(std::move(stage).error());
  const Redactor redactor(stage->secrets);
  const suite::SessionOpener open = opener_of(*stage, args, context, redactor);
  auto facts = first_look(open, context);
  if (!facts) return fail(std::move(facts).error());
  const auto plan = plan_for(args, std::move(catalogue), *facts);
  if (!plan) return fail(plan.error());
  const std::vector<suite::TestCase>& cases = plan->cases;
  suite::RunnerOptions options = runner_options(args, context, gates, *facts, *stage);
  Report report = new_report(context, "suite run");
  suite::SuiteRun run;
  {
    cli::Progress progress(context.streams.err, context.globals, context.clock);
    options.on_result = [&](std::size_t index, const suite::CaseResult& result, std::size_t done) {
      if (!result.ran) return;
      CheckResult step;
      step.id = suite::case_id(cases[index]);
      step.summary = result.reason;
      step.duration = result.duration;
      step.status = result.outcome == store::Outcome::pass ? Status::pass : Status::fail;
      progress.done(step, done, cases.size());
      progress.begin(done, cases.size(), step.id);
    };
    run = run_plan(*plan, open, suite_cases::judge_facts(*facts, redactor), options, context);
  }
  report.results = suite::case_results(cases, run, gates.min_pass_rate);
  if (plan->derived)
    for (CheckResult& entry : plan->derived->entries()) report.results.push_back(std::move(entry));
  else if (!args.has("--tool") && !args.has("--limit"))
    report.results.push_back(suite_cases::coverage(*facts));
  for (CheckResult& result : report.results)
    if (result.started == Wall{}) result.started = context.clock.wall();  // those that judge the others
  hide_secrets(report.results, redactor);
  if (context.globals.record.value_or(false)) {
    auto recorded = suite::recorded_suite(cases, run, "suite:" + report.run_id, report.started);
    for (store::ResultRecord& result : recorded.results)
      for (std::string* text : {&result.input, &result.error}) *text = redactor.apply(*text);
    save_tests(report, std::move(recorded), context);
  }
  return with_page(args, finished(std::move(report), context));
}

Result<Outcome> run_suite(const Args& args, Context& context) {
  const bool may_be_foreign = args.has("--server") || args.has("--stdio") || args.has("--derived");
  auto cases = suite_cases::chosen(args);
  if (!cases && !may_be_foreign) return fail(std::move(cases).error());
  const auto gates = gates_of(args);
  if (!gates) return fail(gates.error());
  if (!context.globals.dry_run) return run_chosen(args, context, std::move(cases), *gates);
  if (args.has("--derived"))
    return fail(ErrorKind::usage, "cases out of a server's schemas are not known before it is asked",
                "leave --dry-run away, or --derived for the catalogue");
  if (!cases) return fail(std::move(cases).error());
  Outcome outcome;
  outcome.table = plan_of(*cases);
  return outcome;
}

constexpr std::array k_list_own = {
    cli::Option{.name = "--check", .help = "hold the catalogue against the tools that the server offers"}};
constexpr auto k_suite_list_options =
    mcp_session::joined(k_list_own, suite_cases::k_choice_options, mcp_session::k_session_options);
constexpr std::array k_run_own = {
    cli::Option{.name = "--offline",
                .help = "start a server of its own whose providers repeat what they are asked: no network"},
    cli::Option{.name = "--derived",
                .help = "cases out of the schemas of the server's own tools, also where it is one of ours"},
    cli::Option{.name = "--allow-writes",
                .help = "of such cases also those that call a tool for real which may change something"},
    cli::Option{.name = "--fixtures",
                .value = "DIR",
                .help = "where test files go: a folder that the server may read; none leaves their cases out",
                .values = "@files",
                .default_value = "workspace.roots"},
    cli::Option{.name = "--max-cost",
                .value = "USD",
                .help = "begin no case when so much was spent; then the exit code is 7",
                .default_value = "10"},
    cli::Option{.name = "--stop-failure-rate",
                .value = "PCT",
                .help = "stop when more than that fail, from the tenth on; then the exit code is 7"},
    cli::Option{.name = "--retry-failed", .help = "ask once more what did not pass; then it is flaky"},
    cli::Option{.name = "--min-pass-rate",
                .value = "PCT",
                .help = "of the cases that ran, so many must pass",
                .default_value = "90"},
    cli::Option{
        .name = "--html", .value = "FILE", .help = "also write a page with charts", .values = "@files"}};
constexpr auto k_suite_run_options =
    mcp_session::joined(k_run_own, suite_cases::k_choice_options, mcp_session::k_session_options);

const Registered<cli::Command> k_suite_list{
    cli::Command{.path = "suite list",
                 .group = "Validate",
                 .summary = "the cases of every tool, and why some do not apply",
                 .options = k_suite_list_options,
                 .recording = cli::Recording::asked,
                 .run = list_cases}};
const Registered<cli::Command> k_suite_run{
    cli::Command{.path = "suite run",
                 .group = "Validate",
                 .summary = "asks every tool what it must be able to answer, and judges the answers",
                 .options = k_suite_run_options,
                 .recording = cli::Recording::asked,
                 .run = run_suite}};

}  // namespace
}  // namespace exai::commands
