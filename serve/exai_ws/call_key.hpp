// What makes two calls the same, and which of them may share a run. Pure.
#pragma once

#include "serve/mcp/catalogue.hpp"
#include "tools/tool.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::serve::exai_ws {

/// The same text for the same tool, arguments (in any order) and model, `default_model` where none is named.
std::string call_key(const tools::Tool& tool, const Json& arguments, std::string_view default_model);
/// Tools that change nothing outside, do not answer at once and are not in `unshared`.
bool may_share(const tools::Tool& tool, const std::vector<std::string>& unshared);
/// False for a message of a conversation: the same words sent again are a new message.
bool is_cacheable(const Json& arguments);

/// The arguments as the tool's schema wants them. Where it refuses them as they are, older clients' writing
/// is tried: true/false/1/0/yes/no in quotes for use_websearch and stream, thinking_mode in capitals. The
/// schema has the last word: `invalid` with every problem.
Result<Json> fitting_arguments(const mcp::ToolEntry& entry, Json given);
/// A flag of a frame: a boolean, or one of those words.
bool flag_of(const Json& frame, const char* name);

}  // namespace exai::serve::exai_ws
