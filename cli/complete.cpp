#include "cli/complete.hpp"

#include "cli/command_line.hpp"
#include "cli/help.hpp"
#include "cli/output/writer.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::cli {
namespace {

struct Answer {
  bool files = false;
  Candidates values;
};

void add_words(Answer& answer, std::string_view values) {
  for (const std::string& word : choices(values)) answer.values.emplace_back(word, "");
}

/// Values that a record names: words, files, or a source.
void add_values(Answer& answer, std::string_view values) {
  if (values == "@files") {
    answer.files = true;
    return;
  }
  if (values.empty() || values.front() != '@') return add_words(answer, values);
  if (const CompletionSource* source = Registered<CompletionSource>::find(values); source != nullptr)
    for (auto& value : source->values()) answer.values.push_back(std::move(value));
}

void add_commands(Answer& answer, const std::vector<std::string>& path) {
  std::set<std::string> seen;
  for (const Command* command : Registered<Command>::all()) {
    if (command->hidden) continue;
    const std::string first(noun(command->path));
    if (path.empty()) {
      const bool more = !verb(command->path).empty();
      if (seen.insert(first).second)
        answer.values.emplace_back(first, more ? "..." : std::string(command->summary));
    } else if (first == path[0] && !verb(command->path).empty()) {
      answer.values.emplace_back(verb(command->path), command->summary);
    }
  }
}

void add_flags(Answer& answer, const Command* command) {
  std::set<std::string_view> own;
  if (command != nullptr)
    for (const Option& option : command->options) {
      own.insert(option.name);
      answer.values.emplace_back(option.name, option.help);
    }
  for (const Option& option : global_options())
    if (own.count(option.name) == 0) answer.values.emplace_back(option.name, option.help);
}

const Option* option_named(const Command* command, std::string_view word) {
  const auto matches = [&](const Option& option) {
    return option.name == word ||
           (option.letter != 0 && word.size() == 2 && word[0] == '-' && word[1] == option.letter);
  };
  if (command != nullptr)
    for (const Option& option : command->options)
      if (matches(option)) return &option;
  for (const Option& option : global_options())
    if (matches(option)) return &option;
  return nullptr;
}

/// The line before the cursor, as far as it is understood.
struct Line {
  const Command* command = nullptr;
  std::vector<std::string> path;    ///< words that may be a command's
  std::size_t positionals = 0;      ///< words after the command
  const Option* waiting = nullptr;  ///< the option whose value stands at the cursor
  bool operands = false;            ///< after "--": no word is a flag
  bool foreign = false;             ///< an option was given to which the words after "--" belong
};

Line understand(const std::vector<std::string>& before) {
  Line line;
  for (const std::string& word : before) {
    const bool value = line.waiting != nullptr && !(line.waiting->optional_value() && word == "--");
    line.waiting = nullptr;
    if (value) continue;
    if (!line.operands && word == "--") {
      line.operands = true;
      continue;
    }
    if (!line.operands && word.size() > 1 && word[0] == '-') {
      const Option* option = option_named(line.command, word.substr(0, word.find('=')));
      if (option == nullptr) continue;
      line.foreign = line.foreign || option->takes_rest;
      if (!option->value.empty() && word.find('=') == std::string::npos) line.waiting = option;
      continue;
    }
    if (line.command != nullptr && line.path.empty()) {
      ++line.positionals;
      continue;
    }
    line.path.push_back(word);
    std::size_t used = 0;
    line.command = find_command(line.path, &used);
    if (line.command != nullptr && used == line.path.size()) line.path.clear();
  }
  return line;
}

void add_positional(Answer& answer, const Line& line) {
  if (line.command == nullptr || line.command->positionals.empty()) return;
  const auto& all = line.command->positionals;
  if (line.positionals < all.size()) return add_values(answer, all[line.positionals].values);
  if (all.back().repeat) add_values(answer, all.back().values);
}

std::string written(const Answer& answer, std::string_view prefix) {
  std::string out = answer.files ? ":files\n" : ":words\n";
  for (const auto& [value, help] : answer.values)
    if (value.rfind(prefix, 0) == 0)
      out += help.empty() ? value + "\n" : fmt::format("{}\t{}\n", value, help);
  return out;
}

Candidates topics() {
  Candidates values;
  for (const Topic* topic : Registered<Topic>::all()) values.emplace_back(topic->id, topic->title);
  std::set<std::string> nouns;
  for (const Command* command : Registered<Command>::all())
    if (!command->hidden && nouns.emplace(noun(command->path)).second)
      values.emplace_back(noun(command->path), "");
  return values;
}

Candidates format_candidates() {
  Candidates values;
  for (const Writer* writer : Registered<Writer>::all()) values.emplace_back(writer->format, writer->help);
  return values;
}

Candidates setting_keys() {
  Candidates values;
  for (const Setting& setting : settings()) values.emplace_back(setting.key, setting.help);
  return values;
}

const Registered<CompletionSource> k_topics{CompletionSource{"@topics", topics}};
const Registered<CompletionSource> k_formats_source{CompletionSource{"@formats", format_candidates}};
const Registered<CompletionSource> k_settings{CompletionSource{"@settings", setting_keys}};

}  // namespace

std::string complete(const std::vector<std::string>& words, std::size_t at) {
  Answer answer;
  const std::string current = at < words.size() ? words[at] : "";
  std::vector<std::string> before;
  for (std::size_t index = 1; index < words.size() && index < at; ++index) before.push_back(words[index]);
  const Line line = understand(before);
  if (line.operands && line.foreign) {
    answer.files = true;
  } else if (line.waiting != nullptr) {
    add_values(answer, line.waiting->values);
  } else if (const auto equals = current.find('=');
             !line.operands && equals != std::string::npos && current.rfind("--", 0) == 0) {
    // bash hands "--flag=val" over as one word when "=" does not break words: the values are offered with the
    // flag before them.
    if (const Option* option = option_named(line.command, current.substr(0, equals)); option != nullptr) {
      add_values(answer, option->values);
      for (auto& value : answer.values) value.first = current.substr(0, equals + 1) + value.first;
    }
  } else if (!line.operands && !current.empty() && current[0] == '-') {
    add_flags(answer, line.command);
  } else {
    if (line.command == nullptr) add_commands(answer, line.path);
    add_positional(answer, line);
    if (line.command != nullptr && line.path.empty() && line.positionals == 0 &&
        verb(line.command->path).empty())
      add_commands(answer, {std::string(line.command->path)});
  }
  return written(answer, current);
}

}  // namespace exai::cli
