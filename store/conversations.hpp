// What was said with models, and what workflows keep of their steps.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <optional>
#include <string>
#include <vector>

namespace exai::store {

struct Message {
  std::string role;  ///< "user" or "assistant"
  std::string content;
  std::string tool, provider, model;
  Wall at{};
};

struct Conversation {
  std::string id;     ///< UUID
  std::string owner;  ///< the principal that began it
  Wall created{}, updated{};
  std::vector<Message> messages;  ///< oldest first
  std::string state;              ///< what a workflow keeps of it, JSON; empty = none
};

/// What became of one conversation since it was saved last.
struct ConversationChange {
  std::string id, owner;
  Wall created{}, updated{};
  std::size_t position = 0;  ///< of the first of `messages`; those before it are saved already
  std::vector<Message> messages;
  std::optional<std::string> state;  ///< nothing = as it was
  /// `updated` of the conversation that this was made of, where others may change it too; nothing = whatever
  /// is there.
  std::optional<Wall> known{};
};

/// Thread-safe; every call blocks for at most the statement timeout of its home.
class Conversations {
 public:
  virtual ~Conversations() = default;
  /// Saves all changes in one transaction, creating conversations when new; returns after the commit.
  /// `invalid` when a message stands at its position already, or the conversation is not as it was known:
  /// somebody else wrote.
  virtual Result<void> save(const std::vector<ConversationChange>& changes) = 0;
  /// The same for changes that may be there already, in the order in which they came about: messages that
  /// stand at their position stay, and a state gives way to a later one only. A message that cannot be saved
  /// is left out: it must not keep the others from coming back.
  virtual Result<void> restore(const std::vector<ConversationChange>& changes) = 0;
  /// `not_found` when there is none or it is older than `ttl` since its last change.
  virtual Result<Conversation> load(const std::string& id, Millis ttl) = 0;
  /// Removes those older than `ttl`; the number removed.
  virtual Result<std::size_t> expire(Millis ttl) = 0;
};

}  // namespace exai::store
