// Reading JSON that came from elsewhere, in the one place of this folder that knows JSON values besides
// `tool`.
#pragma once

#include "core/report.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::commands {

/// Top-level scalars of a JSON object as facts; empty when the text is none.
std::vector<Fact> facts_of_json(std::string_view text);
/// An integer at the top level of an object.
std::optional<long> integer_of_json(std::string_view text, std::string_view name);
/// The line itself when it is JSON, else as a JSON string.
std::string json_or_quoted(const std::string& line);

}  // namespace exai::commands
