// What the tools that talk to Kimi alone have in common.
#pragma once

#include "tools/tool.hpp"

#include <string>

namespace exai::tools {

/// A request that only Kimi may answer. `invalid` when the model is another provider's.
Result<models::ChatRequest> kimi_request(const engine::CallContext& context, const std::string& tool,
                                         const std::string& model);

/// {prompt_tokens, completion_tokens, cached_tokens}
Json usage_facts(const models::Usage& usage);

/// Puts provider, model and usage of the reply where log and metrics look for them.
engine::ToolOutput answered(engine::ToolOutput output, const models::Reply& reply);

/// The messages argument as it may be sent: an array of objects with a role, or one string as the user's.
Result<std::vector<models::ChatMessage>> read_messages(const Json& messages);

}  // namespace exai::tools
