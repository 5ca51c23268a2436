// Prose that is embedded as documents and read only by those who show it: what commands/<noun>.md says about
// a command, what cli/manual.md says in topics and man pages.
#pragma once

#include <string_view>
#include <vector>

namespace exai::cli {

struct Example {
  std::string_view line;  ///< "exai probe http http://127.0.0.1:8082/health"
  std::string_view what;
};

struct CommandText {
  std::string_view text{};  ///< long help, paragraphs with an empty line between them; may be empty
  std::vector<Example> examples{};
};

/// The section "## PATH" of a document: paragraphs, then one line "- `LINE`: WHAT" an example. What it holds
/// points into the document. Empty when there is no such section.
CommandText read_command_text(std::string_view document, std::string_view path);

/// What is embedded about the command of this path.
CommandText command_text(std::string_view path);

/// The paragraphs below "## HEADING" in cli/manual.md; empty when there is no such heading.
std::string_view manual_text(std::string_view heading);

}  // namespace exai::cli
