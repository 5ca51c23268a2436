// What our own tools are asked in a validation, as data: every tool with the twelve variations, each with
// its calls, or with the reason why it does not apply.
#pragma once

#include "core/json.hpp"
#include "core/node.hpp"
#include "core/report.hpp"
#include "core/result.hpp"
#include "suite/run/case.hpp"

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::suite {

/// In the order in which reports have them.
inline constexpr std::array<std::string_view, 12> k_variations{"basic_functionality",
                                                               "edge_cases",
                                                               "error_handling",
                                                               "file_handling",
                                                               "model_selection",
                                                               "continuation",
                                                               "timeout_handling",
                                                               "progress_reporting",
                                                               "web_search",
                                                               "file_upload",
                                                               "conversation_id_persistence",
                                                               "conversation_id_isolation"};

/// The cases of the built-in catalogue, sorted by tool in its order, then by variation.
Result<std::vector<TestCase>> load_catalogue();

/// The same of a document of that form (suite/catalogue/catalogue.yaml says how it is written). Errors are
/// `config` with file and line, and name the nearest known word.
Result<std::vector<TestCase>> read_catalogue(const Node& document);

/// A tool that a server does not offer, and which of its settings hides it.
using HiddenTool = std::pair<std::string, std::string>;

/// Holds cases against tools/list: a tool without a case and a case without a tool fail, with the nearest
/// name. What the server says it hides is a note.
std::vector<Finding> check_catalogue(const std::vector<TestCase>& cases, const Json& tools,
                                     const std::vector<HiddenTool>& hidden);

}  // namespace exai::suite
