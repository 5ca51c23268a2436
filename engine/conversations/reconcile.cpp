#include "engine/conversations/reconcile.hpp"

#include <algorithm>

namespace exai::engine {
namespace {

bool same_message(const store::Message& one, const store::Message& other) {
  // The store keeps milliseconds.
  const auto millis = [](Wall at) { return std::chrono::floor<Millis>(at); };
  return one.role == other.role && one.content == other.content && one.tool == other.tool &&
         one.model == other.model && millis(one.at) == millis(other.at);
}

}  // namespace

Reconciled reconcile(const store::Conversation& there, const store::ConversationChange& change,
                     const std::vector<store::Message>& unsaved) {
  Reconciled result{.messages = there.messages, .saved = there.messages.size()};
  std::size_t known = 0;
  while (known < unsaved.size() && change.position + known < there.messages.size() &&
         same_message(there.messages[change.position + known], unsaved[known]))
    ++known;
  result.messages.insert(result.messages.end(), unsaved.begin() + static_cast<std::ptrdiff_t>(known),
                         unsaved.end());
  result.ours = there.updated == change.updated && known >= change.messages.size() &&
                change.position + known == there.messages.size() &&
                (!change.state || *change.state == there.state);
  return result;
}

}  // namespace exai::engine
