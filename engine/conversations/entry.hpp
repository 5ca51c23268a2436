// One conversation as the memory holds it; for memory.cpp and memory_shared.cpp.
#pragma once

#include "engine/conversations/memory.hpp"

namespace exai::engine {

/// One conversation. `gate` guards all but what ConversationMemory::mutex_ guards.
struct ConversationMemory::Entry {
  std::mutex gate;
  std::string id, owner;
  Wall created{}, updated{};
  std::vector<store::Message> messages;
  // JSON as the store keeps it; empty = none. A tree would be a hundred small pieces of memory, which the
  // writer walks and frees long after they left its processor's cache.
  std::string state;
  std::size_t saved_messages = 0;
  bool state_changed = false;
  bool state_owed = false;      // the journal does not have it yet
  Wall saved_updated{};         // of the conversation in the store, as this server knows it; zero = not there
  std::uint64_t overruled = 0;  // how often a state of ours gave way to another server's
  std::uint64_t listed = 0;  // the collection in dirty_ that it belongs to; under ConversationMemory::mutex_

  /// Some of it is not in the store.
  [[nodiscard]] bool unsaved() const {
    return saved_messages < messages.size() || state_changed || state_owed;
  }
  /// Becomes what the store has.
  void take(store::Conversation there) {
    created = there.created;
    updated = saved_updated = there.updated;
    messages = std::move(there.messages);
    saved_messages = messages.size();
    state = std::move(there.state);
  }
  /// The change is in the store.
  void saved(const store::ConversationChange& change) {
    saved_messages = change.position + change.messages.size();
    saved_updated = change.updated;
  }
};

}  // namespace exai::engine
