// Conversations that other servers may go on with: how they are taken from the store, brought there, and what
// happens when two servers change one at the same time.
#include "engine/conversations/entry.hpp"
#include "engine/conversations/reconcile.hpp"

#include <fmt/core.h>

namespace exai::engine {
namespace {

constexpr Millis k_any_age = std::chrono::hours(24 * 3660);
// Each failure is a write of somebody else that got through.
constexpr int k_settle_tries = 32;

}  // namespace

/// Another server may have gone on with it.
Result<ConversationMemory::Hold> ConversationMemory::refreshed(const Hold& entry,
                                                               const ConversationRules& rules) {
  {
    const std::scoped_lock lock(entry->gate);
    if (entry->unsaved()) return entry;
  }
  Result<store::Conversation> there = store_.load(entry->id, rules.ttl);
  // The store is away: what is here goes on.
  if (!there && there.error().kind != ErrorKind::not_found) return entry;
  if (!there) return fail(there.error());
  const std::scoped_lock lock(entry->gate);
  if (!entry->unsaved() && there->updated > entry->saved_updated) entry->take(std::move(*there));
  return entry;
}

/// Each change is later than the one before: where others write too, the time tells one from another.
Wall ConversationMemory::next_update(const Entry& entry) const {
  const Wall now = clock_.wall();
  return limits_.shared ? std::max(now, entry.updated + Millis{1}) : now;
}

/// The change is in the shared store. While that is away the journal has it, and this server goes on alone.
Result<void> ConversationMemory::delivered(const Hold& entry, std::uint64_t overruled) {
  bool away = false;
  if (open_journal_) {
    const std::scoped_lock lock(trouble_mutex_);
    away = store_trouble_.has_value();
  }
  if (!away) {
    std::unique_lock lock(mutex_);
    writer_.flush(lock, limits_.patience);
  }
  const std::scoped_lock lock(entry->gate);
  if (entry->overruled != overruled)
    return fail(ErrorKind::busy,
                fmt::format("the conversation {} was changed by another server at the same time", entry->id),
                "call again: it goes on from that change now");
  if (entry->unsaved() && !open_journal_)
    return fail(ErrorKind::unreachable,
                fmt::format("the conversation {} could not be brought to the store", entry->id),
                "exai db status tells whether the store can be reached");
  return {};
}

/// What the entry becomes beside what is in the store, and the change that is to be saved then.
store::ConversationChange ConversationMemory::rebase(Entry& entry, const store::Conversation& there,
                                                     const store::ConversationChange& change) {
  const std::scoped_lock lock(entry.gate);
  const auto first = entry.messages.begin() + static_cast<std::ptrdiff_t>(entry.saved_messages);
  Reconciled both = reconcile(there, change, {first, entry.messages.end()});
  store::ConversationChange again;
  again.id = entry.id;
  again.owner = entry.owner;
  again.created = there.created;
  again.known = entry.saved_updated = there.updated;
  again.position = entry.saved_messages = both.saved;
  again.messages.assign(both.messages.begin() + static_cast<std::ptrdiff_t>(both.saved), both.messages.end());
  entry.messages = std::move(both.messages);
  entry.updated = again.updated = std::max(entry.updated, there.updated + Millis{1});
  if (both.ours) return again;  // a state of later than that goes its way
  if ((change.state || entry.state_changed) && entry.state != there.state) {
    ++entry.overruled;
    if (on_failure_)
      on_failure_(make_error(
          ErrorKind::busy,
          fmt::format("another server changed the conversation {} first: its state stands", entry.id)));
  }
  entry.state = there.state;
  entry.state_changed = entry.state_owed = false;
  return again;
}

/// Brings a change behind the one that was first.
Result<void> ConversationMemory::settle(Entry& entry, store::ConversationChange change) {
  Result<void> done;
  for (int tries = 0; tries < k_settle_tries; ++tries) {
    const Result<store::Conversation> there = store_.load(entry.id, k_any_age);
    if (!there) return fail(there.error());
    change = rebase(entry, *there, change);
    if (change.messages.empty()) return {};
    done = store_.save({change});
    if (done) {
      const std::scoped_lock lock(entry.gate);
      entry.saved(change);
    }
    if (done || done.error().kind != ErrorKind::invalid) return done;
  }
  return done;
}

/// All in one transaction; when one of them met the change of another server, each by itself. `settled`:
/// those whose entries know it already.
Result<void> ConversationMemory::save(const std::vector<Hold>& dirty,
                                      const std::vector<store::ConversationChange>& changes,
                                      std::vector<bool>& settled) {
  const Result<void> done = store_.save(changes);
  if (done || !limits_.shared || done.error().kind != ErrorKind::invalid) return done;
  for (std::size_t i = 0; i < dirty.size(); ++i) {
    Result<void> one = store_.save({changes[i]});
    if (one) {
      const std::scoped_lock lock(dirty[i]->gate);
      dirty[i]->saved(changes[i]);
    } else if (one.error().kind == ErrorKind::invalid) {
      one = settle(*dirty[i], changes[i]);
    }
    if (!one) return one;
    settled[i] = true;
  }
  return {};
}

}  // namespace exai::engine
