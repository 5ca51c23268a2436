// What of a conversation still fits into a request.
#pragma once

#include "models/providers/provider.hpp"
#include "store/conversations.hpp"

#include <vector>

namespace exai::tools {

/// Tokens for all that is sent, prompt and files and history: 60 % of a model's window, 80 % of one of
/// 300,000 tokens and more. The rest is for the answer.
long long content_budget(const models::Model& model);

/// Tokens for history beside `prompt_tokens`: half of the content (40 % of a large one), less when the prompt
/// needs it.
long long history_budget(const models::Model& model, long long prompt_tokens);

/// What of a conversation goes along with the next question.
struct History {
  std::vector<models::ChatMessage> messages;  ///< oldest first; a note about what is missing comes first
  std::size_t kept = 0;                       ///< messages that are there word for word
  std::size_t condensed = 0;  ///< messages of which only the beginnings are there, in the note
  std::size_t dropped = 0;    ///< messages of which nothing is there
};

/// The newest messages that fit into `tokens` together, beginning with one of the user's. Of those before
/// them a note keeps the beginnings, newest first, in an eighth of the room; a newest message that is larger
/// than all the room keeps its beginning and its end.
History history_within(const std::vector<store::Message>& earlier, long long tokens);

}  // namespace exai::tools
