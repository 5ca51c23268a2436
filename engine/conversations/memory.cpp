#include "engine/conversations/memory.hpp"

#include "engine/conversations/entry.hpp"
#include "store/change_codec.hpp"

#include <thread>

#include <fmt/core.h>

namespace exai::engine {
namespace {

constexpr Millis k_store_retry{1000};
// Conversations that are looked at under one hold of the lock: by a call, and by the writer.
constexpr std::size_t k_looks = 4, k_more_looks = 8;
// Conversations that the writer looks at between two offers of the processor.
constexpr std::size_t k_entries_at_once = 8;
constexpr std::size_t k_max_quick = std::size_t{64} << 10U;  // of state, that is read within a millisecond

std::size_t messages_weight(const std::vector<store::Message>& messages) {
  std::size_t bytes = 0;
  for (const store::Message& message : messages) bytes += message.content.size() + sizeof(message);
  return bytes;
}

Result<Json> read_state(const std::string& text, const std::string& id) {
  if (text.empty()) return Json();
  Result<Json> state = parse_json(text, k_file_depth);
  if (!state) return fail(std::move(state.error()).during("reading the state of conversation " + id));
  return state;
}

tl::unexpected<Error> unknown_conversation(const std::string& id) {
  return fail(ErrorKind::not_found, fmt::format("the conversation {} is unknown or has expired", id),
              "start again without continuation_id and give the full context");
}

}  // namespace

ConversationRules memory_rules(const Config& config) {
  return {config.duration("conversation.ttl"),
          2 * static_cast<std::size_t>(config.integer("conversation.max_turns"))};
}

/// A record whose conversation is not on the writer's list yet: until then the writer must not think that it
/// has brought the record to the store.
struct ConversationMemory::Ticket {
  Ticket(ConversationMemory* to, std::uint64_t record) : memory(to), number(record) {}
  Ticket(Ticket&& other) noexcept : memory(std::exchange(other.memory, nullptr)), number(other.number) {}
  Ticket(const Ticket&) = delete;
  Ticket& operator=(const Ticket&) = delete;
  Ticket& operator=(Ticket&& other) noexcept {
    std::swap(memory, other.memory);
    std::swap(number, other.number);
    return *this;
  }
  ~Ticket() {
    if (memory == nullptr) return;
    const std::scoped_lock lock(memory->journal_mutex_);
    memory->unlisted_.erase(number);
  }
  ConversationMemory* memory;
  std::uint64_t number;
};

ConversationMemory::ConversationMemory(store::Conversations& store, const Clock& clock,
                                       ConversationLimits limits,
                                       std::function<void(const Error&)> on_failure, OpenJournal open_journal)
    : store_(store),
      clock_(clock),
      limits_(limits),
      on_failure_(std::move(on_failure)),
      open_journal_(std::move(open_journal)),
      // No call waits for the writer, and many wait for the loop.
      writer_(
          mutex_, {.gather = limits.gather, .retry = k_store_retry, .low_priority = true},
          [this] { return !dirty_.empty(); },
          [this](std::unique_lock<std::mutex>& lock) { return write_round(lock); }) {}

ConversationMemory::~ConversationMemory() {
  (void)close();
}

Result<void> ConversationMemory::close() {
  writer_.close();
  const std::scoped_lock lock(mutex_, journal_mutex_, trouble_mutex_);
  if (dirty_.empty()) {
    if (journal_) journal_->release(journal_->last());
    return {};
  }
  Error error = store_trouble_.value_or(make_error(ErrorKind::unreachable, "the store could not be written"));
  error.kind = ErrorKind::unreachable;  // whatever keeps the store from it, the run did not end well
  error.message = fmt::format("{} conversation{} could not be brought to the store: {}", dirty_.size(),
                              dirty_.size() == 1 ? "" : "s", error.message);
  if (journal_)
    error.hint += (error.hint.empty() ? "" : "; ") + std::string("the next start brings them there");
  return fail(std::move(error));
}

Result<io::Journal*> ConversationMemory::journal() {
  if (!journal_) {
    Result<std::unique_ptr<io::Journal>> made = open_journal_();
    if (!made) return fail(made.error());
    journal_ = std::move(*made);
  }
  return journal_.get();
}

/// Writes a change down before it is made. What cannot be written is not promised to anybody.
Result<ConversationMemory::Ticket> ConversationMemory::record(const store::ConversationChange& change) {
  if (!open_journal_) return Ticket(nullptr, 0);
  const std::string text = store::encode_change(change);
  const std::scoped_lock lock(journal_mutex_);
  const Result<io::Journal*> open = journal();
  const Result<std::uint64_t> number = open ? (*open)->append(text) : fail(open.error());
  if (!number) {
    note(number.error());
    if (on_failure_) on_failure_(number.error());
    return fail(Error(number.error()).during("keeping the conversation"));
  }
  unlisted_.insert(*number);
  if (*number == 1 || journal_trouble_) note(std::nullopt);
  return Ticket(this, *number);
}

std::uint64_t ConversationMemory::settled() const {
  const std::scoped_lock lock(journal_mutex_);
  if (!journal_) return 0;
  return unlisted_.empty() ? journal_->last() : *unlisted_.begin() - 1;
}

void ConversationMemory::note(std::optional<Error> trouble) {
  const std::scoped_lock lock(trouble_mutex_);
  journal_trouble_ = std::move(trouble);
}

std::optional<Error> ConversationMemory::trouble() {
  {
    const std::scoped_lock looking(trouble_mutex_);
    if (store_trouble_) return store_trouble_;
  }
  return journal_trouble();
}

std::optional<Error> ConversationMemory::journal_trouble() {
  const std::scoped_lock lock(journal_mutex_);
  {
    const std::scoped_lock looking(trouble_mutex_);
    if (!journal_trouble_) return std::nullopt;
  }
  // An empty record is skipped when read; writing it is the test.
  const Result<io::Journal*> open = journal();
  const Result<std::uint64_t> number = open ? (*open)->append("") : fail(open.error());
  note(number ? std::nullopt : std::optional<Error>(number.error()));
  return number ? std::nullopt : std::optional<Error>(number.error());
}

ConversationMemory::Hold ConversationMemory::insert(Hold entry) {
  std::vector<Hold> dropped;  // outlives the lock
  const std::scoped_lock lock(mutex_);
  if (const auto found = recent_.find(entry->id); found != recent_.end()) return found->value;
  recent_.put(entry->id, entry);
  // The writer drops what is too much when it comes round; here only what it cannot catch up with.
  if (recent_.size() > limits_.conversations + limits_.conversations / 4) dropped = shrink(k_looks);
  return entry;
}

/// Drops what was not used for longest and is in the store. What waits to be written stays, so only a few are
/// looked at: the writer takes the rest later. The caller releases them where it holds no lock.
std::vector<ConversationMemory::Hold> ConversationMemory::shrink(std::size_t looks) {
  std::vector<Hold> dropped;
  for (auto one = recent_.begin();
       recent_.size() > limits_.conversations && one != recent_.end() && looks > 0; --looks) {
    // References are taken under the lock only: a holder may still change it.
    const bool needed = one->value->listed == collection_ || one->value.use_count() > 1;
    if (!needed) dropped.push_back(std::move(one->value));
    one = needed ? std::next(one) : recent_.erase(one);
  }
  return dropped;
}

/// The same until nothing is too much, for the writer. It steps back for others even while it holds the lock,
/// so it holds it for a few at a time only: calls wait for it.
void ConversationMemory::shrink_slowly(std::unique_lock<std::mutex>& lock) {
  for (std::vector<Hold> dropped = shrink(k_more_looks); !dropped.empty(); dropped = shrink(k_more_looks)) {
    lock.unlock();
    dropped.clear();
    lock.lock();
  }
}

Result<ConversationMemory::Hold> ConversationMemory::find(const std::string& id, const std::string& owner,
                                                          const ConversationRules& rules, bool begin) {
  Hold known;
  {
    const std::scoped_lock lock(mutex_);
    if (const Hold* const found = recent_.use(id)) {
      known = *found;
    }
  }
  if (known) {
    if (known->owner != owner) return unknown_conversation(id);
    return limits_.shared && !begin ? refreshed(known, rules) : known;
  }
  const auto made = std::make_shared<Entry>();
  made->id = id;
  made->owner = owner;
  made->created = made->updated = clock_.wall();
  if (!begin) {
    Result<store::Conversation> there = store_.load(id, rules.ttl);
    if (!there) return fail(there.error());
    if (there->owner != owner) return unknown_conversation(id);
    made->take(std::move(*there));
  }
  const Hold entry = insert(made);
  if (entry->owner != owner) return unknown_conversation(id);
  return entry;
}

Result<Conversation> ConversationMemory::load(const std::string& id, const std::string& owner,
                                              const ConversationRules& rules) {
  const Result<Hold> found = find(id, owner, rules, false);
  if (!found) return fail(found.error());
  Entry& entry = **found;
  const std::scoped_lock lock(entry.gate);
  if (clock_.wall() - entry.updated > rules.ttl) return unknown_conversation(id);
  Result<Json> state = read_state(entry.state, id);
  if (!state) return fail(std::move(state.error()));
  return Conversation{entry.id, entry.created, entry.updated, entry.messages, std::move(*state)};
}

/// With the system the change is already; on the disk it is only when that was asked for.
Result<void> ConversationMemory::secured(const Ticket& ticket) {
  if (!limits_.power || ticket.memory == nullptr) return {};
  io::Journal* open = nullptr;
  {
    const std::scoped_lock lock(journal_mutex_);
    open = journal_.get();
  }
  return open->sync(ticket.number);
}

Result<void> ConversationMemory::change(
    const std::string& id, const std::string& owner, const ConversationRules& rules, bool begin,
    Recorded recorded,
    const std::function<Result<void>(Entry& entry, store::ConversationChange& change)>& make,
    const std::function<std::size_t(Entry& entry, store::ConversationChange& change)>& apply) {
  if (Result<void> room = make_room(); !room) return room;
  const Result<Hold> found = find(id, owner, rules, begin);
  if (!found) return fail(found.error());
  std::size_t bytes = 0;
  std::uint64_t overruled = 0;
  Ticket ticket(nullptr, 0);
  {
    Entry& entry = **found;
    const std::scoped_lock lock(entry.gate);
    overruled = entry.overruled;
    if (clock_.wall() - entry.updated > rules.ttl) return unknown_conversation(id);
    store::ConversationChange next{.id = entry.id,
                                   .owner = entry.owner,
                                   .created = entry.created,
                                   .updated = next_update(entry),
                                   .position = entry.messages.size(),
                                   .messages = {},
                                   .state = std::nullopt};
    if (Result<void> made = make(entry, next); !made) return made;
    if (recorded == Recorded::at_once) {
      const bool owed = entry.state_owed && !next.state;
      if (owed) next.state = entry.state;
      Result<Ticket> written = record(next);
      if (!written) return fail(written.error());
      ticket = std::move(*written);
      if (owed) next.state.reset();  // the entry has it already
    }
    entry.state_owed = recorded == Recorded::with_next;
    entry.updated = next.updated;
    bytes = apply(entry, next);
  }
  touched(*found, bytes);
  if (limits_.shared && recorded == Recorded::at_once)
    if (Result<void> there = delivered(*found, overruled); !there) return there;
  return secured(ticket);
}

Result<void> ConversationMemory::append(const std::string& id, const std::string& owner,
                                        std::vector<store::Message> messages, const ConversationRules& rules,
                                        bool begin) {
  const auto make = [&](Entry& entry, store::ConversationChange& next) -> Result<void> {
    if (entry.messages.size() + messages.size() > rules.max_messages)
      return fail(ErrorKind::budget,
                  fmt::format("the conversation {} has had its {} turns", id, rules.max_messages / 2),
                  "start again without continuation_id, or raise MAX_CONVERSATION_TURNS");
    next.messages = std::move(messages);
    return {};
  };
  const auto apply = [](Entry& entry, store::ConversationChange& next) {
    const std::size_t bytes = messages_weight(next.messages);
    std::move(next.messages.begin(), next.messages.end(), std::back_inserter(entry.messages));
    return bytes;
  };
  return change(id, owner, rules, begin, Recorded::at_once, make, apply);
}

Result<void> ConversationMemory::update(const std::string& id, const std::string& owner,
                                        const ConversationRules& rules, bool begin,
                                        const std::function<Result<void>(Json& state)>& change_state,
                                        Recorded recorded) {
  const auto make = [&](Entry& entry, store::ConversationChange& next) -> Result<void> {
    Result<Json> state = read_state(entry.state, id);
    if (!state) return fail(std::move(state.error()));
    if (Result<void> done = change_state(*state); !done) return done;
    next.state = dump_json(std::move(*state));
    return {};
  };
  const auto apply = [](Entry& entry, store::ConversationChange& next) {
    entry.state = std::move(*next.state);
    entry.state_changed = true;
    return entry.state.size() + sizeof(Entry);
  };
  return change(id, owner, rules, begin, recorded, make, apply);
}

/// Back-pressure: a store that cannot follow makes callers wait, and then says so.
Result<void> ConversationMemory::make_room() {
  std::unique_lock lock(mutex_);
  if (unwritten_ <= limits_.unwritten_bytes) return {};
  if (writer_.wait(lock, limits_.patience, [&] { return unwritten_ <= limits_.unwritten_bytes; })) return {};
  return fail(ErrorKind::busy, "the store does not keep up: conversations wait to be written",
              "look at the disk and at exai log errors");
}

void ConversationMemory::list(const Hold& entry) {
  if (std::exchange(entry->listed, collection_) != collection_) dirty_.push_back(entry);
}

void ConversationMemory::touched(const Hold& entry, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  fresh_ += bytes;
  unwritten_ += bytes;
  list(entry);
  writer_.wake();
}

/// One transaction for all that changed meanwhile.
bool ConversationMemory::write_all(const std::vector<Hold>& dirty) {
  std::vector<store::ConversationChange> changes;
  for (const Hold& entry : dirty) {
    const std::scoped_lock lock(entry->gate);
    store::ConversationChange change;
    change.id = entry->id;
    change.owner = entry->owner;
    change.created = entry->created;
    change.updated = entry->updated;
    change.position = entry->saved_messages;
    change.messages.assign(entry->messages.begin() + static_cast<std::ptrdiff_t>(entry->saved_messages),
                           entry->messages.end());
    if (entry->state_changed) change.state = entry->state;
    if (limits_.shared && entry->saved_updated != Wall{}) change.known = entry->saved_updated;
    entry->state_changed = false;
    changes.push_back(std::move(change));
    if (changes.size() % k_entries_at_once == 0) std::this_thread::yield();
  }
  std::vector<bool> settled(dirty.size(), false);
  const Result<void> done = save(dirty, changes, settled);
  for (std::size_t i = 0; i < dirty.size(); ++i) {
    if (settled[i]) continue;
    const std::scoped_lock lock(dirty[i]->gate);
    if (done) {
      dirty[i]->saved(changes[i]);
    } else if (changes[i].state) {
      dirty[i]->state_changed = true;
    }
  }
  {
    const std::scoped_lock lock(trouble_mutex_);
    store_trouble_ = done ? std::nullopt : std::optional<Error>(done.error());
  }
  if (!done && on_failure_) on_failure_(done.error());
  return done.has_value();
}

bool ConversationMemory::write_round(std::unique_lock<std::mutex>& lock) {
  std::vector<Hold> taken;
  taken.swap(dirty_);
  const std::uint64_t upto = settled();
  ++collection_;
  const std::size_t bytes = std::exchange(fresh_, 0);
  lock.unlock();
  const bool saved = write_all(taken);
  if (saved) {
    taken.clear();
    const std::scoped_lock releasing(journal_mutex_);
    if (journal_) journal_->release(upto);
  }
  lock.lock();
  if (!saved) {
    for (const Hold& entry : taken) list(entry);
    fresh_ += bytes;  // their bytes stay counted; who waits for room still waits
    return false;
  }
  unwritten_ -= bytes;
  shrink_slowly(lock);
  return true;
}

bool ConversationMemory::is_quick(const std::string& id) const {
  if (limits_.power || limits_.shared) return false;  // each change waits for the disk, or for the store
  Hold entry;
  {
    const std::scoped_lock lock(mutex_);
    if (unwritten_ > limits_.unwritten_bytes) return false;
    if (id.empty()) return true;
    const auto found = recent_.find(id);
    if (found == recent_.end()) return false;
    entry = found->value;
  }
  const std::unique_lock lock(entry->gate, std::try_to_lock);  // its holder may be working on a large one
  return lock.owns_lock() && entry->state.size() <= k_max_quick;
}

void ConversationMemory::flush() {
  std::unique_lock lock(mutex_);
  writer_.flush(lock, limits_.patience);
}

ConversationMemory::Counts ConversationMemory::counts() const {
  const std::scoped_lock lock(mutex_);
  return {recent_.size(), unwritten_, writer_.failures()};
}

}  // namespace exai::engine
