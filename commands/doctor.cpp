#include "commands/check.hpp"

#include <fmt/core.h>

namespace exai::commands::doctor_command {
namespace {

Result<Outcome> run(const Args& args, Context& context) {
  std::vector<std::string> selectors = args.positional_all("ID");
  if (selectors.empty()) selectors.emplace_back("@doctor");
  auto checks = select_checks(selectors);
  if (!checks) return fail(std::move(checks).error());
  if (args.positional_all("ID").empty() && !args.has("--slow"))
    std::erase_if(*checks, [](const Check* check) { return check->cost == Cost::money; });
  if (args.has("--list") || context.globals.dry_run) return check_table(*checks);
  return finished(run_checks(*checks, context, "doctor", false), context);
}

constexpr cli::Option k_options[] = {{.name = "--list", .help = "show the checks instead of running them"},
                                     {.name = "--slow", .help = "also the checks that cost money"}};
constexpr cli::Positional k_ids[] = {
    {.name = "ID", .help = "only these checks, or @tag", .values = "@checks", .repeat = true}};
constexpr cli::Example k_examples[] = {{"exai doctor", "is all well here, and if not, what to type"},
                                       {"exai doctor --json | jq .verdict", "the same for a script"}};

const Registered<cli::Command> k_doctor{cli::Command{
    .path = "doctor",
    .group = "Look",
    .summary = "looks over settings, ports, files and services, with the way out for each finding",
    .text = "Runs the checks tagged doctor: first those that only read files, then those that ask the "
            "network. Each finding says what to type next. The exit codes are those of every command.",
    .options = k_options,
    .positionals = k_ids,
    .examples = k_examples,
    .run = run}};

}  // namespace
}  // namespace exai::commands::doctor_command
