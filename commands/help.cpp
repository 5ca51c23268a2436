#include "cli/help.hpp"

#include "commands/common.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

Result<Outcome> unknown_topic(const std::string& word) {
  std::vector<std::string> known;
  for (const auto* topic : Registered<cli::Topic>::all()) known.emplace_back(topic->id);
  for (const auto* command : Registered<cli::Command>::all())
    if (!command->hidden) known.emplace_back(cli::noun(command->path));
  const std::string near = did_you_mean(word, known);
  return fail(ErrorKind::usage, fmt::format("there is no command or topic \"{}\"", printable(word)),
              near.empty() ? "exai help" : near);
}

Result<Outcome> run_help(const Args& args, Context& context) {
  const bool colour = context.streams.out.colour;
  const auto words = args.positional_all("TOPIC");
  if (words.empty()) return text_outcome(cli::help_overview(colour));
  std::size_t used = 0;
  const cli::Command* command = cli::find_command(words, &used);
  if (command != nullptr && used == words.size()) return text_outcome(cli::help_command(*command, colour));
  if (words.size() == 1) {
    for (const auto* topic : Registered<cli::Topic>::all())
      if (topic->id == words[0]) return text_outcome(topic->text());
    if (std::string text = cli::help_noun(words[0], colour); !text.empty())
      return text_outcome(std::move(text));
  }
  return unknown_topic(join(words, " "));
}

constexpr cli::Positional k_words[] = {
    {.name = "TOPIC",
     .help = "a command, or one of exit-codes, environment, formats, timeouts, secrets",
     .values = "@topics",
     .repeat = true}};

const Registered<cli::Command> k_help{cli::Command{.path = "help",
                                                   .group = "Help",
                                                   .summary = "explains a command or a topic",
                                                   .positionals = k_words,
                                                   .needs_config = false,
                                                   .waits = false,
                                                   .run = run_help}};

}  // namespace
}  // namespace exai::commands
