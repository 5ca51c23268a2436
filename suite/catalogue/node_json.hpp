// Arguments and expectations that stand in YAML, as JSON.
#pragma once

#include "core/json.hpp"
#include "core/node.hpp"
#include "core/result.hpp"

#include <map>
#include <string>

namespace exai::suite {

/// Texts by name, for ${NAME}.
using Values = std::map<std::string, Json, std::less<>>;

/// true, false, null and numbers as JSON writes them are those; every other scalar is text, and {$text: 4} is
/// one too. {$repeat: x, times: 100} is a text of 100 x. ${NAME} of `values` is replaced: a scalar that is
/// nothing else becomes the value with its type. What `values` does not know is left for the run. Errors are
/// config, with the place.
Result<Json> json_of(const Node& node, const Values& values);

/// The text with each ${NAME} of `values` replaced.
std::string text_with(std::string text, const Values& values);

}  // namespace exai::suite
