#include "commands/runbook.hpp"

#include "cli/command_line.hpp"
#include "commands/run_tasks.hpp"
#include "runbooks/child.hpp"
#include "runbooks/embedded.hpp"
#include "runbooks/plan.hpp"
#include "runbooks/run.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

const char* no_environment(const char* /*name*/) {
  return nullptr;
}

/// As the command line itself would read them, so that a slip is found before the first step runs.
Result<void> judge_command(const std::vector<std::string>& words) {
  const auto line = cli::read_command_line(words, no_environment);
  if (!line) return fail(line.error());
  if (line->command == nullptr && !line->version)
    return fail(ErrorKind::usage, "it names no command", "exai help lists the commands");
  return {};
}

/// The flags that give a child the same sources of configuration as ours.
std::vector<std::string> source_flags(const Context& context) {
  std::vector<std::string> flags;
  const auto add = [&](std::string_view flag, const std::string& value) {
    flags.emplace_back(flag);
    flags.push_back(value);
  };
  if (context.globals.config_file) add("--config", *context.globals.config_file);
  for (const std::string& file : context.globals.env_files)
    if (file != "-") add("--env-file", file);
  if (context.globals.profile) add("--profile", *context.globals.profile);
  if (context.globals.strict) flags.emplace_back("--strict");
  add("--root", context.root.string());
  return flags;
}

Outcome plan_table(const runbooks::Runbook& runbook) {
  Outcome outcome;
  outcome.table = cli::Table{{"group", "step", "kind", "what", "source"}, {}};
  for (runbooks::PlannedStep& step : runbooks::plan_of(runbook))
    outcome.table->rows.push_back({std::move(step.group), std::move(step.id), std::move(step.kind),
                                   std::move(step.what), std::move(step.source)});
  return outcome;
}

Result<Outcome> list_runbooks(const Args&, Context& context) {
  Outcome outcome;
  outcome.table = cli::Table{{"name", "cadence", "title"}, {}};
  for (const auto& embedded : runbooks::embedded_runbooks()) {
    const auto runbook = runbooks::load_runbook(std::string(embedded.name), runbook_library(context));
    if (!runbook) return fail(runbook.error());
    outcome.table->rows.push_back({std::string(embedded.name), runbook->cadence, runbook->title});
  }
  return outcome;
}

Result<Outcome> show_runbook(const Args& args, Context& context) {
  const auto runbook = runbooks::load_runbook(args.positional("NAME"), runbook_library(context));
  if (!runbook) return fail(runbook.error());
  return plan_table(*runbook);
}

Result<Outcome> run_runbook(const Args& args, Context& context) {
  auto runbook = runbooks::load_runbook(args.positional("NAME"), runbook_library(context));
  if (!runbook) return fail(std::move(runbook).error());
  if (auto narrowed = runbooks::narrow(*runbook, args.all("--only"), args.option("--from")); !narrowed)
    return fail(narrowed.error());
  if (context.globals.dry_run) return plan_table(*runbook);
  const auto in_child = [&, flags = source_flags(context)](const runbooks::Step& step, Deadline deadline,
                                                           const std::stop_token& stop) {
    return runbooks::run_in_child(step.command, flags, deadline, stop, context.clock);
  };
  return finished(run_tasks(runbooks::tasks_of(*runbook, in_child), context,
                            fmt::format("runbook {}", runbook->id), false, Streaming::yes),
                  context);
}

constexpr cli::Option k_runbook_run_options[] = {
    {.name = "--only", .value = "STEP", .help = "only this step", .repeat = true},
    {.name = "--from", .value = "STEP", .help = "this step and those after it"}};
constexpr cli::Positional k_runbook_name[] = {
    {.name = "NAME", .help = "a runbook of the list, or a file", .values = "@runbooks", .required = true}};

const Registered<cli::Command> k_runbook_list{cli::Command{.path = "runbook list",
                                                           .group = "Operate",
                                                           .summary = "the built-in runbooks",
                                                           .waits = false,
                                                           .run = list_runbooks}};
const Registered<cli::Command> k_runbook_show{
    cli::Command{.path = "runbook show",
                 .group = "Operate",
                 .summary = "the steps of a runbook and what each stands for",
                 .positionals = k_runbook_name,
                 .waits = false,
                 .run = show_runbook}};
const Registered<cli::Command> k_runbook_run{cli::Command{.path = "runbook run",
                                                          .group = "Operate",
                                                          .summary = "runs a runbook and keeps the result",
                                                          .options = k_runbook_run_options,
                                                          .positionals = k_runbook_name,
                                                          .effect = cli::Effect::writes,
                                                          .recording = cli::Recording::always,
                                                          .run = run_runbook}};

}  // namespace

runbooks::Library runbook_library(const Context& context) {
  return {context.root, {runbooks::judge_check, judge_command}};
}

}  // namespace exai::commands
