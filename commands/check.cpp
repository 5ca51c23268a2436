#include "commands/check.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

std::string cost_word(Cost cost) {
  if (cost == Cost::free) return "free";
  return cost == Cost::network ? "network" : "money";
}

/// The checks named, or all that cost no money, less those that --tag and --skip leave out.
Result<std::vector<const Check*>> chosen_checks(const Args& args) {
  std::vector<std::string> selectors = args.positional_all("ID");
  for (const std::string& tag : args.all("--tag")) selectors.push_back("@" + tag);
  std::vector<const Check*> checks;
  if (selectors.empty()) {
    for (const Check* check : Registered<Check>::all())
      if (check->cost != Cost::money) checks.push_back(check);
  } else {
    auto found = select_checks(selectors);
    if (!found) return fail(std::move(found).error());
    checks = std::move(*found);
  }
  if (!args.has("--skip")) return checks;
  const auto skipped = select_checks(args.all("--skip"));
  if (!skipped) return fail(skipped.error());
  std::erase_if(checks, [&](const Check* check) {
    return std::find(skipped->begin(), skipped->end(), check) != skipped->end();
  });
  return checks;
}

Result<Outcome> list_checks(const Args& args, Context&) {
  std::vector<const Check*> checks = Registered<Check>::all();
  if (args.has("--tag")) {
    std::vector<std::string> selectors;
    for (const std::string& tag : args.all("--tag")) selectors.push_back("@" + tag);
    auto found = select_checks(selectors);
    if (!found) return fail(std::move(found).error());
    checks = std::move(*found);
  }
  return check_table(checks);
}

Result<Outcome> show_check(const Args& args, Context&) {
  const std::string id = args.positional("ID");
  const auto found = select_checks({id});
  if (!found) return fail(found.error());
  Outcome outcome;
  outcome.table = cli::Table{{"field", "value"}, {}};
  for (const Check* check : *found) {
    auto& rows = outcome.table->rows;
    rows.push_back({"id", std::string(check->id)});
    rows.push_back({"title", std::string(check->title)});
    rows.push_back({"help", std::string(check->help)});
    rows.push_back({"tags", std::string(check->tags)});
    rows.push_back({"cost", cost_word(check->cost)});
    rows.push_back({"timeout", format_duration(check->timeout)});
  }
  return outcome;
}

Result<Outcome> run_checks(const Args& args, Context& context) {
  auto checks = chosen_checks(args);
  if (!checks) return fail(std::move(checks).error());
  const auto retry_for = duration_option(args, "--retry-for");
  if (!retry_for) return fail(retry_for.error());
  if (context.globals.dry_run) return check_table(*checks);
  const Steady give_up = context.clock.steady() + retry_for->value_or(Millis{0});
  // Of several rounds only the last counts, so they are not shown as they come.
  const Streaming streaming = args.has("--retry-for") ? Streaming::no : Streaming::yes;
  for (;;) {
    Report report = run_checks(*checks, context, "check run", args.has("--fail-fast"), streaming);
    const bool good = exit_code(report, context.globals.strict) == ExitCode::pass;
    if (good || context.clock.steady() >= give_up || !pause(Millis{1000}, context))
      return finished(std::move(report), context);
  }
}

constexpr cli::Option k_list_options[] = {{.name = "--tag",
                                           .value = "TAG",
                                           .help = "only checks with this tag",
                                           .values = "@tags",
                                           .repeat = true}};
constexpr cli::Option k_check_run_options[] = {
    {.name = "--tag",
     .value = "TAG",
     .help = "checks with this tag, as @TAG",
     .values = "@tags",
     .repeat = true},
    {.name = "--skip",
     .value = "ID",
     .help = "leave out this check or @tag",
     .values = "@checks",
     .repeat = true},
    {.name = "--fail-fast", .help = "end with the first failure, one check after the other"},
    {.name = "--retry-for", .value = "DUR", .help = "repeat until all is well, for this long at most"}};
constexpr cli::Positional k_check_ids[] = {
    {.name = "ID",
     .help = "a check, or @tag for all that carry it; none means all that cost no money",
     .values = "@checks",
     .repeat = true}};
constexpr cli::Positional k_id[] = {{.name = "ID", .help = "a check", .values = "@checks", .required = true}};

const Registered<cli::Command> k_check_list{cli::Command{.path = "check list",
                                                         .group = "Look",
                                                         .summary = "all checks with their tags and cost",
                                                         .options = k_list_options,
                                                         .needs_config = false,
                                                         .waits = false,
                                                         .run = list_checks}};
const Registered<cli::Command> k_check_show{
    cli::Command{.path = "check show",
                 .group = "Look",
                 .summary = "what one check measures and where its rule comes from",
                 .positionals = k_id,
                 .needs_config = false,
                 .waits = false,
                 .run = show_check}};
const Registered<cli::Command> k_check_run{
    cli::Command{.path = "check run",
                 .group = "Look",
                 .summary = "runs checks and judges the deployment by them",
                 .options = k_check_run_options,
                 .positionals = k_check_ids,
                 .recording = cli::Recording::asked,
                 .run = run_checks}};

}  // namespace

Outcome check_table(const std::vector<const Check*>& checks) {
  Outcome outcome;
  outcome.table = cli::Table{{"id", "cost", "tags", "title"}, {}};
  for (const Check* check : checks)
    outcome.table->rows.push_back({std::string(check->id), cost_word(check->cost), std::string(check->tags),
                                   std::string(check->title)});
  return outcome;
}

Report run_checks(const std::vector<const Check*>& checks, const Context& context, std::string title,
                  bool fail_fast, Streaming streaming) {
  std::vector<checks::TaskGroup> groups;
  if (fail_fast) {
    checks::TaskGroup& group = groups.emplace_back();
    for (const Check* check : checks) group.tasks.push_back(checks::task_of(*check));
  } else {
    groups = checks::groups_by_cost(checks, "check");
  }
  return run_tasks(groups, context, std::move(title), fail_fast, streaming);
}

}  // namespace exai::commands
