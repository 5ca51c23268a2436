#include "commands/runbook.hpp"

#include "cli/progress.hpp"
#include "cli/report_stream.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace runbook_command {
namespace {

std::string kind_word(runbooks::StepKind kind) {
  if (kind == runbooks::StepKind::check) return "check";
  return kind == runbooks::StepKind::command ? "command" : "human";
}

std::string what_of(const runbooks::Step& step) {
  if (step.kind == runbooks::StepKind::check) return step.check;
  return step.kind == runbooks::StepKind::command ? "exai " + join(step.command, " ") : step.text;
}

cli::Table plan_of(const runbooks::Runbook& runbook) {
  cli::Table table{{"group", "step", "kind", "what", "source"}, {}};
  for (const auto& group : runbook.groups)
    for (const auto& step : group.steps)
      table.rows.push_back({group.name, step.id, kind_word(step.kind), what_of(step), step.source});
  return table;
}

Result<Outcome> list(const Args&, Context& context) {
  Outcome outcome;
  outcome.table = cli::Table{{"name", "cadence", "title"}, {}};
  for (const auto& embedded : runbooks::embedded_runbooks()) {
    const auto runbook = load_runbook(std::string(embedded.name), context);
    if (!runbook) return fail(runbook.error());
    outcome.table->rows.push_back({std::string(embedded.name), runbook->cadence, runbook->title});
  }
  return outcome;
}

Result<Outcome> show(const Args& args, Context& context) {
  const auto runbook = load_runbook(args.positional("NAME"), context);
  if (!runbook) return fail(runbook.error());
  Outcome outcome;
  outcome.table = plan_of(*runbook);
  return outcome;
}

/// Keeps the steps named by --only, or those from --from on; an unknown id is a usage error.
Result<void> narrow(runbooks::Runbook& runbook, const Args& args) {
  const auto only = args.all("--only");
  const auto from = args.option("--from");
  std::vector<std::string> known;
  for (const auto& group : runbook.groups)
    for (const auto& step : group.steps) known.push_back(step.id);
  std::vector<std::string> named = only;
  if (from) named.push_back(*from);
  for (const std::string& id : named) {
    if (std::find(known.begin(), known.end(), id) != known.end()) continue;
    const std::string near = did_you_mean(id, known);
    return fail(ErrorKind::usage, fmt::format("runbook {} has no step \"{}\"", runbook.id, printable(id)),
                near.empty() ? fmt::format("exai runbook show {}", runbook.id) : near);
  }
  bool begun = !from;
  for (auto& group : runbook.groups)
    std::erase_if(group.steps, [&](const runbooks::Step& step) {
      if (from && step.id == *from) begun = true;
      return !begun || (!only.empty() && std::find(only.begin(), only.end(), step.id) == only.end());
    });
  std::erase_if(runbook.groups, [](const runbooks::Group& group) { return group.steps.empty(); });
  return {};
}

Result<Outcome> run(const Args& args, Context& context) {
  auto runbook = load_runbook(args.positional("NAME"), context);
  if (!runbook) return fail(std::move(runbook).error());
  if (auto narrowed = narrow(*runbook, args); !narrowed) return fail(narrowed.error());
  if (context.globals.dry_run) {
    Outcome plan;
    plan.table = plan_of(*runbook);
    return plan;
  }
  Report report = new_report(context, fmt::format("runbook {}", runbook->id));
  std::size_t steps = 0;
  for (const auto& group : runbook->groups) steps += group.steps.size();
  context.results->begin(report, steps);
  cli::Progress progress(context.streams.err, context.globals, context.clock);
  runbooks::Hooks hooks;
  hooks.run_command = [&](const runbooks::Step& step, Deadline deadline, std::stop_token stop) {
    return run_command_step(step, context, deadline, stop);
  };
  hooks.on_result = [&](const CheckResult& result, std::size_t done, std::size_t total) {
    progress.erase();
    context.results->result(result);
    progress.done(result, done, total);
  };
  Report ran = runbooks::run(*runbook, check_context(context), hooks, context.globals.jobs);
  progress.erase();
  report.results = std::move(ran.results);
  report.notes = std::move(ran.notes);
  return finished(std::move(report), context);
}

constexpr cli::Option k_run_options[] = {
    {.name = "--only", .value = "STEP", .help = "only this step", .repeat = true},
    {.name = "--from", .value = "STEP", .help = "this step and those after it"}};
constexpr cli::Positional k_name[] = {
    {.name = "NAME", .help = "a runbook of the list, or a file", .values = "@runbooks", .required = true}};

const Registered<cli::Command> k_list{cli::Command{.path = "runbook list",
                                                   .group = "Operate",
                                                   .summary = "the built-in runbooks",
                                                   .waits = false,
                                                   .run = list}};
const Registered<cli::Command> k_show{
    cli::Command{.path = "runbook show",
                 .group = "Operate",
                 .summary = "the steps of a runbook and what each stands for",
                 .positionals = k_name,
                 .waits = false,
                 .run = show}};
const Registered<cli::Command> k_run{cli::Command{.path = "runbook run",
                                                  .group = "Operate",
                                                  .summary = "runs a runbook and keeps the result",
                                                  .options = k_run_options,
                                                  .positionals = k_name,
                                                  .effect = cli::Effect::writes,
                                                  .recording = cli::Recording::always,
                                                  .run = run}};

}  // namespace
}  // namespace runbook_command
}  // namespace exai::commands
