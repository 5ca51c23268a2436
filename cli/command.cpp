#include "cli/command.hpp"

#include "cli/complete.hpp"
#include "core/text.hpp"

#include <array>

namespace exai::cli {

std::optional<std::string> Args::option(std::string_view name) const {
  const auto found = options.find(name);
  if (found == options.end() || found->second.empty()) return std::nullopt;
  return found->second.back();
}

std::vector<std::string> Args::all(std::string_view name) const {
  const auto found = options.find(name);
  return found == options.end() ? std::vector<std::string>{} : found->second;
}

std::string Args::positional(std::string_view name, std::string otherwise) const {
  const auto found = positionals.find(name);
  return found == positionals.end() || found->second.empty() ? otherwise : found->second.front();
}

std::vector<std::string> Args::positional_all(std::string_view name) const {
  const auto found = positionals.find(name);
  return found == positionals.end() ? std::vector<std::string>{} : found->second;
}

std::string_view noun(std::string_view path) {
  return path.substr(0, path.find(' '));
}

std::string_view verb(std::string_view path) {
  const auto space = path.find(' ');
  return space == std::string_view::npos ? std::string_view{} : path.substr(space + 1);
}

std::span<const std::string_view> groups() {
  static constexpr std::array<std::string_view, 6> k_groups{"Serve",   "Look",    "Validate",
                                                            "Operate", "Inspect", "Help"};
  return k_groups;
}

std::vector<std::string> choices(std::string_view values) {
  if (values.empty()) return {};
  if (values.front() != '@') return split(values, '|');
  std::vector<std::string> words;
  if (const CompletionSource* source = Registered<CompletionSource>::find(values);
      source != nullptr && source->closed)
    for (auto& [word, help] : source->values()) words.push_back(std::move(word));
  return words;
}

const Command* find_command(const std::vector<std::string>& words, std::size_t* used) {
  const auto all = Registered<Command>::all();
  for (std::size_t count = std::min<std::size_t>(2, words.size()); count > 0; --count) {
    const std::string path = count == 2 ? words[0] + " " + words[1] : words[0];
    for (const Command* command : all) {
      if (command->path != path && (command->alias.empty() || command->alias != path)) continue;
      if (used != nullptr) *used = count;
      return command;
    }
  }
  return nullptr;
}

}  // namespace exai::cli
