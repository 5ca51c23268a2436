#include "cli/complete.hpp"
#include "commands/common.hpp"
#include "commands/model.hpp"
#include "core/text.hpp"
#include "core/timeouts.hpp"
#include "models/providers/provider.hpp"
#include "runbooks/embedded.hpp"
#include "tools/tool.hpp"

#include <charconv>

#include <fmt/core.h>

namespace exai::commands {
namespace {

Result<Outcome> print_script(const Args& args, Context&) {
  return text_outcome(std::string(cli::completion_script(args.positional("SHELL"))));
}

/// exai __complete N -- WORD...: N counts from 0, word 0 is the program.
Result<Outcome> answer(const Args& args, Context&) {
  const std::string number = args.positional("N");
  std::size_t at = 0;
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), at);
  if (error != std::errc{} || end != number.data() + number.size())
    return fail(ErrorKind::usage, "the word's position must be a number", "exai __complete 1 -- exai ''");
  return text_outcome(cli::complete(args.positional_all("WORD"), at));
}

cli::Candidates check_ids() {
  cli::Candidates values;
  for (const Check* check : Registered<Check>::all()) values.emplace_back(check->id, check->title);
  return values;
}

cli::Candidates tags() {
  std::map<std::string, std::size_t> counts;
  for (const Check* check : Registered<Check>::all())
    for (const std::string& tag : split(check->tags, ',')) ++counts[tag];
  cli::Candidates values;
  for (const auto& [tag, count] : counts) values.emplace_back(tag, fmt::format("{} checks", count));
  return values;
}

cli::Candidates selectors() {
  cli::Candidates values = check_ids();
  for (const auto& [tag, help] : tags()) values.emplace_back("@" + tag, help);
  return values;
}

cli::Candidates runbook_names() {
  cli::Candidates values;
  for (const auto& runbook : runbooks::embedded_runbooks()) values.emplace_back(runbook.name, "");
  return values;
}

cli::Candidates tools() {
  cli::Candidates values;
  for (const tools::Tool* tool : Registered<tools::Tool>::all()) values.emplace_back(tool->id, tool->title);
  return values;
}

cli::Candidates models() {
  cli::Candidates values;
  const auto catalogue = embedded_catalogue();
  if (!catalogue) return values;
  for (const models::Model& model : catalogue->models()) values.emplace_back(model.name, model.description);
  return values;
}

cli::Candidates provider_ids() {
  cli::Candidates values;
  for (const models::Provider* provider : models::providers_by_rank()) values.emplace_back(provider->id, "");
  return values;
}

cli::Candidates profile_candidates() {
  cli::Candidates values;
  for (const auto& profile : timeouts::built_in_profiles()) values.emplace_back(profile.name, profile.title);
  return values;
}

constexpr cli::Positional k_shell[] = {
    {.name = "SHELL", .help = "the shell to complete in", .values = "bash|zsh|fish", .required = true}};
constexpr cli::Positional k_line[] = {{.name = "N", .help = "the word under the cursor", .required = true},
                                      {.name = "WORD", .help = "the words of the line", .repeat = true}};

const Registered<cli::Command> k_completion{cli::Command{.path = "completion",
                                                         .group = "Help",
                                                         .summary = "the completion script of a shell",
                                                         .positionals = k_shell,
                                                         .needs_config = false,
                                                         .waits = false,
                                                         .run = print_script}};
const Registered<cli::Command> k_complete{cli::Command{.path = "__complete",
                                                       .group = "Help",
                                                       .summary = "answers the completion scripts",
                                                       .positionals = k_line,
                                                       .hidden = true,
                                                       .needs_config = false,
                                                       .waits = false,
                                                       .run = answer}};
const Registered<cli::CompletionSource> k_checks{cli::CompletionSource{"@checks", selectors}};
const Registered<cli::CompletionSource> k_tags{cli::CompletionSource{"@tags", tags}};
const Registered<cli::CompletionSource> k_completion_runbooks{
    cli::CompletionSource{"@runbooks", runbook_names}};
const Registered<cli::CompletionSource> k_tools{cli::CompletionSource{"@tools", tools}};
const Registered<cli::CompletionSource> k_models{cli::CompletionSource{"@models", models}};
const Registered<cli::CompletionSource> k_provider_ids{
    cli::CompletionSource{.id = "@providers", .values = provider_ids, .closed = true}};
const Registered<cli::CompletionSource> k_profiles{cli::CompletionSource{"@profiles", profile_candidates}};

}  // namespace
}  // namespace exai::commands
