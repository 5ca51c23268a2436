#include "store/sql/conversations.hpp"

#include <thread>

#include <fmt/core.h>

namespace exai::store::sql {
namespace {

constexpr std::size_t k_saved_at_once = 8;  // conversations, between two offers of the processor

/// How a change meets what is there already.
struct ChangeStatements {
  std::string_view conversation, message;
  bool restores =
      false;  // what is there already stays, and messages that the table would refuse are left out
};

constexpr ChangeStatements k_save{
    "INSERT INTO @conversations (id, created, updated, owner, state) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (id) DO UPDATE SET updated = excluded.updated,"
    " state = CASE WHEN $6 = 1 THEN excluded.state ELSE conversations.state END"
    " WHERE conversations.owner = excluded.owner AND ($7 = 0 OR conversations.updated = $8)",
    "INSERT INTO @turns VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"};

constexpr ChangeStatements k_restore{
    "INSERT INTO @conversations (id, created, updated, owner, state) VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (id) DO UPDATE SET"
    " state = CASE WHEN $6 = 1 AND excluded.updated >= conversations.updated THEN excluded.state"
    " ELSE conversations.state END,"
    " updated = CASE WHEN excluded.updated > conversations.updated THEN excluded.updated"
    " ELSE conversations.updated END WHERE conversations.owner = excluded.owner",
    "INSERT INTO @turns VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (conversation, position) DO "
    "NOTHING",
    true};

bool valid_message(const Message& message) {
  return message.role == "user" || message.role == "assistant";
}

Result<void> save_change(const Database& db, const ConversationChange& change, Statement& conversation,
                         Statement& message, bool restores) {
  conversation.reset().bind(change.id).bind(change.created).bind(change.updated);
  conversation.bind(change.owner).bind(change.state.value_or("")).bind(std::int64_t{change.state ? 1 : 0});
  const bool checked = change.known && !restores;
  if (!restores) conversation.bind(std::int64_t{checked ? 1 : 0}).bind(change.known.value_or(Wall{}));
  if (auto done = conversation.run(); !done) return done;
  if (checked && db.changes() == 0)
    return fail(ErrorKind::invalid, fmt::format("the conversation {} was changed by others", change.id));
  auto position = static_cast<std::int64_t>(change.position);
  for (const Message& one : change.messages) {
    const std::int64_t here = position++;
    if (restores && !valid_message(one)) continue;
    message.reset().bind(change.id).bind(here).bind(one.role).bind(one.content);
    message.bind(one.tool).bind(one.provider).bind(one.model).bind(one.at);
    if (auto done = message.run(); !done) return done;
  }
  return {};
}

Result<void> save_changes(Pool& pool, const std::vector<ConversationChange>& changes,
                          const ChangeStatements& statements) {
  const auto db = pool.acquire();
  if (!db) return fail(db.error());
  Transaction transaction(**db);
  if (auto begun = transaction.begin(); !begun) return begun;
  const auto conversation = (*db)->prepare(statements.conversation);
  if (!conversation) return fail(conversation.error());
  const auto message = (*db)->prepare(statements.message);
  if (!message) return fail(message.error());
  std::size_t saved = 0;
  for (const ConversationChange& change : changes) {
    if (auto done = save_change(**db, change, **conversation, **message, statements.restores); !done)
      return done;
    // Whoever answers a client goes first: without this it would wait until a whole slice is used up.
    if (++saved % k_saved_at_once == 0) std::this_thread::yield();
  }
  return transaction.commit();
}

}  // namespace

Result<void> SqlConversations::save(const std::vector<ConversationChange>& changes) {
  return save_changes(pool_, changes, k_save);
}

Result<void> SqlConversations::restore(const std::vector<ConversationChange>& changes) {
  return save_changes(pool_, changes, k_restore);
}

Result<Conversation> SqlConversations::load(const std::string& id, Millis ttl) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto head = (*db)->prepare("SELECT created, updated, owner, state FROM @conversations WHERE id = $1");
  if (!head) return fail(head.error());
  const Result<bool> known = (*head)->bind(id).step();
  if (!known) return fail(known.error());
  if (!*known || (*head)->time(1) < clock_.wall() - ttl)
    return fail(ErrorKind::not_found, fmt::format("the conversation {} is unknown or has expired", id),
                "start again without continuation_id and give the full context");
  Conversation result{.id = id,
                      .owner = (*head)->text(2),
                      .created = (*head)->time(0),
                      .updated = (*head)->time(1),
                      .messages = {},
                      .state = (*head)->text(3)};
  const auto query = (*db)->prepare(
      "SELECT role, content, tool, provider, model, at FROM @turns WHERE conversation = $1 ORDER BY "
      "position");
  if (!query) return fail(query.error());
  auto messages = read_all((*query)->bind(id), [](const Statement& row) {
    return Message{.role = row.text(0),
                   .content = row.text(1),
                   .tool = row.text(2),
                   .provider = row.text(3),
                   .model = row.text(4),
                   .at = row.time(5)};
  });
  if (!messages) return fail(messages.error());
  result.messages = std::move(*messages);
  return result;
}

Result<std::size_t> SqlConversations::expire(Millis ttl) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto remove = (*db)->prepare("DELETE FROM @conversations WHERE updated < $1");
  if (!remove) return fail(remove.error());
  if (auto done = (*remove)->bind(clock_.wall() - ttl).run(); !done) return fail(done.error());
  return static_cast<std::size_t>((*db)->changes());
}

}  // namespace exai::store::sql
