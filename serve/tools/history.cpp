#include "serve/tools/history.hpp"

#include "core/text.hpp"

namespace exai::serve {
namespace history {
namespace {
constexpr long long k_large = 300'000;
constexpr long long k_overhead = 4;  // a message's own frame, in tokens
}  // namespace
}  // namespace history

long long content_budget(const Model& model) {
  return model.context * (model.context < history::k_large ? 60 : 80) / 100;
}

long long history_budget(const Model& model, long long prompt_tokens) {
  const long long content = content_budget(model);
  const long long share = content * (model.context < history::k_large ? 50 : 40) / 100;
  return std::max(0LL, std::min(share, content - prompt_tokens));
}

std::vector<ChatMessage> recent_turns(const std::vector<store::Turn>& turns, long long tokens) {
  std::size_t first = turns.size();
  while (first > 0) {
    tokens -= static_cast<long long>(estimate_tokens(turns[first - 1].content)) + history::k_overhead;
    if (tokens < 0) break;
    --first;
  }
  while (first < turns.size() && turns[first].role != "user") ++first;
  std::vector<ChatMessage> messages;
  for (std::size_t i = first; i < turns.size(); ++i) messages.push_back({turns[i].role, turns[i].content});
  return messages;
}

}  // namespace exai::serve
