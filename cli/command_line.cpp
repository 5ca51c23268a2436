#include "cli/command_line.hpp"

#include "cli/globals.hpp"
#include "cli/parser.hpp"
#include "core/text.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::cli {
namespace {

bool is_flag(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

/// True when the word is a global flag whose value is the next word.
bool takes_next(std::string_view word) {
  for (const Option& option : global_options()) {
    if (option.value.empty()) continue;
    if (word == option.name) return true;
    if (option.letter != 0 && word.size() == 2 && word[0] == '-' && word[1] == option.letter) return true;
  }
  return false;
}

/// The words before "--", among which flags count, and those after it, which are operands whatever they look
/// like.
struct Words {
  std::vector<std::string> before, after;
  [[nodiscard]] const std::string& at(std::size_t place) const {
    return place < before.size() ? before[place] : after[place - before.size()];
  }
  void erase(std::size_t place) {
    auto& side = place < before.size() ? before : after;
    side.erase(side.begin() + std::ptrdiff_t(place < before.size() ? place : place - before.size()));
  }
};

/// Positions of the first two words that are neither global flags nor their values.
std::vector<std::size_t> plain_words(const Words& words) {
  std::vector<std::size_t> found;
  const std::size_t all = words.before.size() + words.after.size();
  for (std::size_t at = 0; at < all && found.size() < 2; ++at) {
    if (at < words.before.size() && is_flag(words.before[at])) {
      if (takes_next(words.before[at])) ++at;
      continue;
    }
    found.push_back(at);
  }
  return found;
}

std::vector<std::string> verbs_of(std::string_view first) {
  std::vector<std::string> verbs;
  for (const Command* command : Registered<Command>::all())
    if (noun(command->path) == first && !verb(command->path).empty() && !command->hidden)
      verbs.emplace_back(verb(command->path));
  return verbs;
}

Error unknown_command(const std::string& first, const std::optional<std::string>& second) {
  const auto verbs = verbs_of(first);
  if (!verbs.empty()) {
    const std::string list = join(verbs, ", ");
    if (!second)
      return make_error(ErrorKind::usage, fmt::format("exai {} needs a verb: {}", first, list),
                        fmt::format("exai help {}", first));
    const std::string near = did_you_mean(*second, verbs);
    return make_error(ErrorKind::usage,
                      fmt::format("exai {} has no verb \"{}\", only {}", first, printable(*second), list),
                      near.empty() ? fmt::format("exai help {}", first) : near);
  }
  std::set<std::string> names;
  for (const Command* command : Registered<Command>::all()) {
    if (command->hidden) continue;
    names.emplace(noun(command->path));
    if (!command->alias.empty()) names.emplace(noun(command->alias));
  }
  const std::string near = did_you_mean(first, {names.begin(), names.end()});
  return make_error(ErrorKind::usage, fmt::format("there is no command \"{}\"", printable(first)),
                    near.empty() ? "exai help" : near);
}

/// The options in force: the command's own, and the global ones that it does not redefine.
std::vector<const Option*> options_of(const Command& command) {
  std::vector<const Option*> options;
  for (const Option& option : command.options) options.push_back(&option);
  for (const Option& global : global_options()) {
    const bool shadowed = std::any_of(command.options.begin(), command.options.end(),
                                      [&](const Option& own) { return own.name == global.name; });
    if (!shadowed) options.push_back(&global);
  }
  return options;
}

Error unknown_flag(const std::string& flag, const Command& command,
                   const std::vector<const Option*>& options) {
  std::vector<std::string> names;
  for (const Option* option : options) names.emplace_back(option->name);
  const std::string bare = flag.substr(0, flag.find('='));
  const std::string near = did_you_mean(bare, names);
  return make_error(ErrorKind::usage, fmt::format("exai {} has no flag {}", command.path, printable(bare)),
                    near.empty() ? fmt::format("exai {} --help", command.path) : near);
}

Result<void> check_values(std::string_view name, std::string_view allowed,
                          const std::vector<std::string>& values) {
  const auto known = choices(allowed);
  if (known.empty()) return {};
  for (const std::string& value : values) {
    if (std::find(known.begin(), known.end(), value) != known.end()) continue;
    const std::string near = did_you_mean(value, known);
    return fail(
        ErrorKind::usage,
        fmt::format("{} cannot be \"{}\", it is one of {}", name, printable(value), join(known, ", ")), near);
  }
  return {};
}

/// Deals the words out to the positionals of the record.
Result<void> deal_positionals(const Command& command, const std::vector<std::string>& words, Args& args) {
  std::size_t at = 0;
  for (const Positional& positional : command.positionals) {
    auto& values = args.positionals[std::string(positional.name)];
    while (at < words.size() && (positional.repeat || values.empty())) values.push_back(words[at++]);
    if (values.empty() && positional.required)
      return fail(ErrorKind::usage,
                  fmt::format("exai {} needs {}: {}", command.path, positional.name, positional.help),
                  fmt::format("exai {} --help", command.path));
    if (auto fine = check_values(positional.name, positional.values, values); !fine) return fine;
  }
  if (at == words.size()) return {};
  return fail(ErrorKind::usage,
              fmt::format("exai {} does not take \"{}\"", command.path, printable(words[at])),
              fmt::format("exai {} --help", command.path));
}

/// True when an option was given to which the words after "--" belong.
bool rest_is_taken(const std::vector<const Option*>& options, const Tokens& tokens) {
  return std::any_of(options.begin(), options.end(), [&](const Option* option) {
    return option->takes_rest && tokens.options.find(option->name) != tokens.options.end();
  });
}

/// With words after "--" an optional value is less likely than a required word that would be missing: then
/// the word before "--" is that one (`tool call --stdio NAME -- server`).
void give_back(const Command& command, const std::vector<const Option*>& options, const Args& args,
               Tokens& tokens) {
  const auto required = std::count_if(command.positionals.begin(), command.positionals.end(),
                                      [](const Positional& positional) { return positional.required; });
  if (args.rest.empty() || tokens.words.size() >= static_cast<std::size_t>(required)) return;
  for (const Option* option : options) {
    const auto given = tokens.options.find(option->name);
    if (!option->takes_rest || !option->optional_value() || given == tokens.options.end() ||
        given->second.back().empty())
      continue;
    tokens.words.push_back(std::exchange(given->second.back(), {}));
    return;
  }
}

Result<CommandLine> read_for(const Command& command, Words words, CommandLine line, Environment environment) {
  const auto options = options_of(command);
  auto tokens = tokenize(options, words.before);
  if (!tokens) return fail(std::move(tokens).error());
  line.help = tokens->options.count("--help") > 0;
  line.version = tokens->options.count("--version") > 0;
  if (line.help || line.version) return line;
  for (const std::string& flag : tokens->unknown)
    if (is_flag(flag)) return fail(unknown_flag(flag, command, options));
  for (const Option* option : options)
    if (const auto given = tokens->options.find(option->name); given != tokens->options.end())
      if (auto fine = check_values(option->name, option->values, given->second); !fine)
        return fail(fine.error());
  if (rest_is_taken(options, *tokens)) {
    line.args.rest = std::move(words.after);
    give_back(command, options, line.args, *tokens);
  } else {
    for (std::string& word : words.after) tokens->words.push_back(std::move(word));
  }
  if (auto dealt = deal_positionals(command, tokens->words, line.args); !dealt) return fail(dealt.error());
  line.args.options = std::move(tokens->options);
  auto globals = read_globals(command, line.args, environment);
  if (!globals) return fail(std::move(globals).error());
  line.globals = std::move(*globals);
  return line;
}

/// No command word: only --help, --version or nothing makes sense.
Result<CommandLine> read_bare(const std::vector<std::string>& words) {
  std::vector<const Option*> options;
  for (const Option& option : global_options()) options.push_back(&option);
  auto tokens = tokenize(options, words);
  if (!tokens) return fail(std::move(tokens).error());
  if (!tokens->unknown.empty()) {
    std::vector<std::string> names;
    for (const Option& option : global_options()) names.emplace_back(option.name);
    const std::string near = did_you_mean(tokens->unknown.front(), names);
    return fail(ErrorKind::usage, fmt::format("there is no flag {}", printable(tokens->unknown.front())),
                near.empty() ? "exai help" : near);
  }
  CommandLine line;
  line.version = tokens->options.count("--version") > 0;
  line.help = !line.version;
  return line;
}

}  // namespace

Result<CommandLine> read_command_line(const std::vector<std::string>& all, Environment environment) {
  CommandLine line;
  const auto dashes = std::find(all.begin(), all.end(), "--");
  Words words{{all.begin(), dashes}, {}};
  if (dashes != all.end()) words.after.assign(dashes + 1, all.end());

  const auto plain = plain_words(words);
  if (plain.empty()) return read_bare(words.before);
  std::vector<std::string> path;
  for (const std::size_t at : plain) path.push_back(words.at(at));
  std::size_t used = 0;
  line.command = find_command(path, &used);
  if (line.command == nullptr) {
    const bool help = std::any_of(words.before.begin(), words.before.end(),
                                  [](const auto& w) { return w == "--help" || w == "-h"; });
    if (help && path.size() == 1 && !verbs_of(path[0]).empty()) {
      line.help = true;
      line.args.positionals["TOPIC"] = {path[0]};
      return line;
    }
    return fail(unknown_command(path[0], path.size() > 1 ? std::optional(path[1]) : std::nullopt));
  }
  for (std::size_t count = used; count > 0; --count) words.erase(plain[count - 1]);
  const Command& command = *line.command;
  return read_for(command, std::move(words), std::move(line), environment);
}

bool asks_for_json(const std::vector<std::string>& words, Environment environment) {
  for (std::size_t at = 0; at < words.size() && words[at] != "--"; ++at) {
    const std::string& word = words[at];
    std::string_view format;
    if (word == "--json") return true;
    if ((word == "-o" || word == "--output") && at + 1 < words.size())
      format = words[at + 1];
    else if (word.rfind("--output=", 0) == 0)
      format = std::string_view(word).substr(9);
    else if (word.rfind("-o", 0) == 0)
      format = std::string_view(word).substr(2);
    if (format == "json" || format == "jsonl" || format == "json=-" || format == "jsonl=-") return true;
  }
  const char* set = environment("EXAI_OUTPUT");
  return set != nullptr && (std::string_view(set) == "json" || std::string_view(set) == "jsonl");
}

}  // namespace exai::cli
