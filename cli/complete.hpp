// Completion: what may stand at a place of the command line.
#pragma once

#include "cli/command.hpp"
#include "core/registry.hpp"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::cli {

/// Values and one-line helps.
using Candidates = std::vector<std::pair<std::string, std::string>>;

/// A named source of values: "@checks". Registered by folders that know them; must not touch the network.
struct CompletionSource {
  std::string_view id;
  Candidates (*values)() = nullptr;
  bool closed = false;  ///< nothing else is allowed there: help names the values, and others are refused
  [[nodiscard]] std::string_view name() const { return id; }
};

/// The answer to the shells' scripts. `words` is the line with the program's name first, `at` the word under
/// the cursor. First line:
/// ":files" when the shell should offer files, else ":words"; then "value<TAB>help" lines.
std::string complete(const std::vector<std::string>& words, std::size_t at);

/// The script for bash, zsh or fish (completions/ has the same text); empty for another word.
std::string_view completion_script(std::string_view shell);

}  // namespace exai::cli
