// Which turns of a conversation still fit into a request.
#pragma once

#include "serve/providers/provider.hpp"
#include "store/store.hpp"

#include <vector>

namespace exai::serve {

/// Tokens for all that is sent, prompt and files and history: 60 % of a model's window, 80 % of one of
/// 300,000 tokens and more (facts/ex_ai_server 4.4). The rest is for the answer.
long long content_budget(const Model& model);

/// Tokens for history beside `prompt_tokens`: half of the content (40 % of a large one), less when the prompt
/// needs it.
long long history_budget(const Model& model, long long prompt_tokens);

/// The newest turns that fit together, oldest first, beginning with one of the user's.
std::vector<ChatMessage> recent_turns(const std::vector<store::Turn>& turns, long long tokens);

}  // namespace exai::serve
