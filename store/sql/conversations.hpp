// Conversations in the tables `conversations` and `turns`.
#pragma once

#include "store/conversations.hpp"
#include "store/sql/database.hpp"

namespace exai::store::sql {

class SqlConversations final : public Conversations {
 public:
  SqlConversations(Pool& pool, const Clock& clock) : pool_(pool), clock_(clock) {}
  Result<void> save(const std::vector<ConversationChange>& changes) override;
  Result<void> restore(const std::vector<ConversationChange>& changes) override;
  Result<Conversation> load(const std::string& id, Millis ttl) override;
  Result<std::size_t> expire(Millis ttl) override;

 private:
  Pool& pool_;
  const Clock& clock_;
};

}  // namespace exai::store::sql
