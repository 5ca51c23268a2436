// Help texts from the records.
#pragma once

#include "cli/command.hpp"

#include <string>
#include <string_view>

namespace exai::cli {

/// The first screen: six groups, one line a noun.
std::string help_overview(bool colour);
/// One command: usage, text, flags, examples.
std::string help_command(const Command& command, bool colour);
/// All verbs of a noun; empty when there is no such noun.
std::string help_noun(std::string_view noun, bool colour);

/// A text of `exai help TOPIC`.
struct Topic {
  std::string_view id;
  std::string_view title;
  std::string (*text)() = nullptr;
  [[nodiscard]] std::string_view name() const { return id; }
};

/// The usage line: "exai check run [ID...] [flags]".
std::string usage(const Command& command);
/// Text broken into lines of at most `width` columns, each after `indent` spaces; empty lines part
/// paragraphs.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width);
/// "-o, --output FORMAT[=FILE]"
std::string option_label(const Option& option);

}  // namespace exai::cli
