// argv to a command, its checked arguments and the global flags.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <vector>

namespace exai::cli {

struct CommandLine {
  const Command* command = nullptr;  ///< nullptr: no word was given
  Args args;
  Globals globals;
  bool help = false;
  bool version = false;
};

/// The flags that every command takes.
std::span<const Option> global_options();

/// Environment as the command line sees it: a variable's value, nullptr when unset.
using Environment = const char* (*)(const char* name);

/// Reads the words after the program's name. All problems are `usage` errors that name the word, what was
/// expected and the nearest known one.
Result<CommandLine> read_command_line(const std::vector<std::string>& words, Environment environment);

/// True when these words ask for JSON on standard output, as far as one can tell before they are understood:
/// decides how an error is written.
bool asks_for_json(const std::vector<std::string>& words, Environment environment);

}  // namespace exai::cli
