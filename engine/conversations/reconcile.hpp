// What becomes of a change that met another server's in the store.
#pragma once

#include "store/conversations.hpp"

#include <vector>

namespace exai::engine {

struct Reconciled {
  std::vector<store::Message> messages;  ///< those of the store, and then those of ours that it does not have
  std::size_t saved = 0;                 ///< how many of them are in the store
  bool ours = false;                     ///< the change is there: its write arrived, and the answer did not
};

/// `change` is what the store refused, `unsaved` all our messages from its position on. The rule: messages of
/// both are kept, those of who came second behind the others; a state gives way to the one that came first,
/// because it was made without knowing it. What is there already is recognised, so that nothing stands there
/// twice.
Reconciled reconcile(const store::Conversation& there, const store::ConversationChange& change,
                     const std::vector<store::Message>& unsaved);

}  // namespace exai::engine
