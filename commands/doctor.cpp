#include "checks/repairs.hpp"
#include "commands/check.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

/// Repairs first, then a look whether all is well now.
Outcome fixed(const std::vector<const Check*>& checks, const Context& context) {
  const bool dry_run = context.globals.dry_run;
  std::vector<CheckResult> repairs;
  for (const checks::Repair& repair : checks::plan_repairs(check_context(context)))
    repairs.push_back(checks::repaired(repair, dry_run, context.clock));
  Report report =
      dry_run ? new_report(context, "doctor") : run_checks(checks, context, "doctor", false, Streaming::no);
  if (repairs.empty()) report.notes.emplace_back("nothing to fix");
  report.results.insert(report.results.begin(), std::make_move_iterator(repairs.begin()),
                        std::make_move_iterator(repairs.end()));
  if (dry_run && report.results.empty()) return text_outcome("nothing to fix\n");
  return finished(std::move(report), context);
}

Result<Outcome> run_doctor(const Args& args, Context& context) {
  std::vector<std::string> selectors = args.positional_all("ID");
  if (selectors.empty()) selectors.emplace_back("@doctor");
  auto checks = select_checks(selectors);
  if (!checks) return fail(std::move(checks).error());
  if (args.positional_all("ID").empty() && !args.has("--slow"))
    std::erase_if(*checks, [](const Check* check) { return check->cost == Cost::money; });
  if (args.has("--list") || (context.globals.dry_run && !args.has("--fix"))) return check_table(*checks);
  if (args.has("--fix")) return fixed(*checks, context);
  return finished(run_checks(*checks, context, "doctor", false, Streaming::yes), context);
}

constexpr cli::Option k_doctor_options[] = {
    {.name = "--list", .help = "show the checks instead of running them"},
    {.name = "--fix",
     .help = "first repair what can be without loss: modes of files with "
             "secrets, files of ended servers, missing folders"},
    {.name = "--slow", .help = "also the checks that cost money"}};
constexpr cli::Positional k_ids[] = {
    {.name = "ID", .help = "only these checks, or @tag", .values = "@checks", .repeat = true}};

const Registered<cli::Command> k_doctor{cli::Command{
    .path = "doctor",
    .group = "Look",
    .summary = "looks over settings, ports, files and services, with the way out for each finding",
    .options = k_doctor_options,
    .positionals = k_ids,
    .recording = cli::Recording::asked,
    .run = run_doctor}};

}  // namespace
}  // namespace exai::commands
