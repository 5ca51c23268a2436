#include "cli/help.hpp"

#include "cli/command_line.hpp"
#include "cli/texts.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

constexpr std::size_t k_width = 80;

std::string bold(std::string_view text, bool colour) {
  return colour ? fmt::format("\x1b[1m{}\x1b[0m", text) : std::string(text);
}

/// "label   help", the help wrapped beside the label.
std::string entry(const std::string& label, std::string_view text, std::size_t width) {
  std::string body = wrapped(text, width + 4, k_width);
  std::string head = fmt::format("  {:<{}}  ", label, width);
  if (label.size() > width) return fmt::format("  {}\n{}", label, body);
  return body.empty() ? head + "\n" : head + body.substr(std::min(width + 4, body.size()));
}

std::string help_option_text(const Option& option) {
  std::string text(option.help);
  if (const auto allowed = choices(option.values); !allowed.empty())
    text += fmt::format(" ({})", join(allowed, ", "));
  if (!option.default_value.empty()) text += fmt::format(" [{}]", option.default_value);
  return text;
}

std::string section(std::string_view title, const std::vector<std::pair<std::string, std::string>>& entries,
                    bool colour) {
  if (entries.empty()) return {};
  std::size_t width = 0;
  for (const auto& [label, text] : entries) width = std::max(width, std::min<std::size_t>(label.size(), 26));
  std::string out = fmt::format("\n{}\n", bold(title, colour));
  for (const auto& [label, text] : entries) out += entry(label, text, width);
  return out;
}

std::string examples(const std::vector<Example>& shown, bool colour) {
  if (shown.empty()) return {};
  std::string out = fmt::format("\n{}\n", bold("Examples", colour));
  for (const Example& example : shown) out += fmt::format("  {}\n      {}\n", example.line, example.what);
  return out;
}

}  // namespace

std::string wrapped(std::string_view text, std::size_t indent, std::size_t width) {
  const std::string pad(indent, ' ');
  std::string out;
  std::string line;
  const auto flush = [&] {
    if (!line.empty()) out += pad + line + "\n";
    line.clear();
  };
  std::size_t at = 0;
  while (at < text.size()) {
    const auto end = text.find_first_of(" \n", at);
    const std::string_view word = text.substr(at, end == std::string_view::npos ? end : end - at);
    if (!line.empty() && indent + line.size() + 1 + word.size() > width) flush();
    if (!word.empty() && !line.empty()) line += ' ';
    line += word;
    if (end == std::string_view::npos) break;
    at = end + 1;
    if (text[end] == '\n' && at < text.size() && text[at] == '\n') {
      flush();
      out += "\n";
      ++at;
    }
  }
  flush();
  return out;
}

std::string option_label(const Option& option) {
  std::string label =
      option.letter != 0 ? fmt::format("-{}, {}", option.letter, option.name) : std::string(option.name);
  if (!option.value.empty()) label += fmt::format(" {}", option.value);
  return label;
}

std::string usage(const Command& command) {
  std::string out = fmt::format("exai {}", command.path);
  for (const Positional& positional : command.positionals) {
    std::string word = fmt::format("{}{}", positional.name, positional.repeat ? "..." : "");
    out += positional.required ? " " + word : fmt::format(" [{}]", word);
  }
  return out + " [flags]";
}

std::string help_overview(bool colour) {
  std::string out = "exai: an MCP server and the tools to operate it\n";
  const auto& all = Registered<Command>::all();
  for (const std::string_view group : groups()) {
    std::vector<std::pair<std::string, std::string>> lines;
    for (const Command* command : all) {
      if (command->hidden || command->group != group) continue;
      const std::string first(noun(command->path));
      const std::string_view second = verb(command->path);
      auto same =
          std::find_if(lines.begin(), lines.end(), [&](const auto& line) { return line.first == first; });
      if (same == lines.end())
        lines.emplace_back(first, second.empty() ? std::string(command->summary) : std::string(second));
      else
        same->second += fmt::format(" | {}", second);
    }
    if (lines.empty()) continue;
    out += bold(group, colour) + "\n";
    for (const auto& [label, text] : lines) out += fmt::format("  {:<11} {}\n", label, text);
  }
  out += "\nexai help COMMAND explains one; begin with: exai doctor\n";
  return out;
}

std::string help_command(const Command& command, bool colour) {
  std::string out = fmt::format("{}\n\n{} {}\n", command.summary, bold("Usage", colour), usage(command));
  if (!command.alias.empty()) out += fmt::format("also   exai {}\n", command.alias);
  const CommandText explained = command_text(command.path);
  if (!explained.text.empty()) out += fmt::format("\n{}", wrapped(explained.text, 0, k_width));
  std::vector<std::pair<std::string, std::string>> words, own, global;
  for (const Positional& positional : command.positionals) {
    std::string text(positional.help);
    if (const auto allowed = choices(positional.values); !allowed.empty())
      text += fmt::format(" ({})", join(allowed, ", "));
    words.emplace_back(positional.name, text);
  }
  for (const Option& option : command.options)
    own.emplace_back(option_label(option), help_option_text(option));
  for (const Option& option : global_options()) {
    const bool redefined = std::any_of(command.options.begin(), command.options.end(),
                                       [&](const Option& mine) { return mine.name == option.name; });
    if (!redefined) global.emplace_back(option_label(option), help_option_text(option));
  }
  out += section("Arguments", words, colour) + section("Flags", own, colour);
  out += section("Flags of every command", global, colour);
  return out + examples(explained.examples, colour);
}

std::string help_noun(std::string_view first, bool colour) {
  std::string out;
  const Command* only = nullptr;
  std::size_t count = 0;
  for (const Command* command : Registered<Command>::all()) {
    if (command->hidden || noun(command->path) != first) continue;
    only = command;
    ++count;
    out += fmt::format("  {}\n      {}\n", usage(*command), command->summary);
  }
  if (count == 1) return help_command(*only, colour);
  return count == 0 ? out
                    : fmt::format("exai {}\n\n{}\nexai help {} VERB explains one.\n", first, out, first);
}

}  // namespace exai::cli
