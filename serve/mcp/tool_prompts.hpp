// The prompt that every tool gets: a client's user picks it, fills in the words, and the model calls the
// tool.
#pragma once

#include "serve/mcp/catalogue.hpp"

namespace exai::serve::mcp {

/// Its arguments are the tool's properties that can be written as a text; enumerations and models are
/// completed.
PromptEntry prompt_of(const tools::Tool& tool);

}  // namespace exai::serve::mcp
