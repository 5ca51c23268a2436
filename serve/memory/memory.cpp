#include "serve/memory/memory.hpp"

#include "io/process.hpp"

#include <fmt/core.h>

namespace exai::serve {
namespace remembering {
namespace {

constexpr Millis k_retry{1000};
constexpr std::size_t k_looks = 4;

std::size_t weight(const std::vector<store::Turn>& turns) {
  std::size_t bytes = 0;
  for (const store::Turn& turn : turns) bytes += turn.content.size() + sizeof(turn);
  return bytes;
}

tl::unexpected<Error> forgotten(const std::string& id) {
  return fail(ErrorKind::not_found, fmt::format("the conversation {} is unknown or has expired", id),
              "start again without continuation_id and give the full context");
}

}  // namespace
}  // namespace remembering

using remembering::forgotten;

/// One thread. `gate` guards all but what stands under Memory::mutex_.
struct Memory::Entry {
  std::mutex gate;
  std::string id, owner;
  Wall created{}, updated{};
  std::vector<store::Turn> turns;
  Json state;
  std::size_t kept_turns = 0;
  bool state_changed = false;
  // Under Memory::mutex_.
  bool dirty = false;
  std::size_t unwritten = 0;
};

MemoryRules memory_rules(const Config& config) {
  return {config.duration("conversation.ttl"),
          2 * static_cast<std::size_t>(config.integer("conversation.max_turns"))};
}

Memory::Memory(store::Store& store, const Clock& clock, MemoryLimits limits,
               std::function<void(const Error&)> on_failure)
    : store_(store), clock_(clock), limits_(limits), on_failure_(std::move(on_failure)) {}

Memory::~Memory() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
  }
  if (writer_.joinable()) writer_.join();
}

Memory::Hold Memory::insert(Hold entry) {
  std::vector<Hold> dropped;  // outlives the lock
  const std::scoped_lock lock(mutex_);
  if (const auto found = index_.find(entry->id); found != index_.end()) return *found->second;
  recent_.push_front(std::move(entry));
  index_.emplace(recent_.front()->id, recent_.begin());
  const Hold kept = recent_.front();
  dropped = shrink(remembering::k_looks);
  return kept;
}

/// Drops what was not used for longest and is in the store. What waits to be written stays, so only a few are
/// looked at: the writer comes back to the rest. The caller lets go of them where it holds no lock.
std::vector<Memory::Hold> Memory::shrink(std::size_t looks) {
  std::vector<Hold> dropped;
  auto last = recent_.end();
  while (recent_.size() > limits_.threads && last != recent_.begin() && looks-- > 0) {
    --last;
    // References are handed out under the lock only: whoever has one may still change it.
    if ((*last)->dirty || last->use_count() > 1) continue;
    index_.erase((*last)->id);
    dropped.push_back(std::move(*last));
    last = recent_.erase(last);
  }
  return dropped;
}

Result<Memory::Hold> Memory::find(const std::string& id, const std::string& owner, const MemoryRules& rules,
                                  bool begin) {
  {
    const std::scoped_lock lock(mutex_);
    if (const auto found = index_.find(id); found != index_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      const Hold entry = *found->second;
      if (entry->owner != owner) return forgotten(id);
      return entry;
    }
  }
  const auto made = std::make_shared<Entry>();
  made->id = id;
  made->owner = owner;
  made->created = made->updated = clock_.wall();
  if (!begin) {
    Result<store::Conversation> known = store_.load_conversation(id, rules.ttl);
    if (!known) return fail(known.error());
    if (known->owner != owner) return forgotten(id);
    made->created = known->created;
    made->updated = known->updated;
    made->turns = std::move(known->turns);
    made->kept_turns = made->turns.size();
    if (!known->state.empty()) {
      Result<Json> state = parse_json(known->state);
      if (!state) return fail(std::move(state.error()).during("reading the state of conversation " + id));
      made->state = std::move(*state);
    }
  }
  const Hold entry = insert(made);
  if (entry->owner != owner) return forgotten(id);
  return entry;
}

Result<Thread> Memory::load(const std::string& id, const std::string& owner, const MemoryRules& rules) {
  const Result<Hold> found = find(id, owner, rules, false);
  if (!found) return fail(found.error());
  Entry& entry = **found;
  const std::scoped_lock lock(entry.gate);
  if (clock_.wall() - entry.updated > rules.ttl) return forgotten(id);
  return Thread{entry.id, entry.created, entry.updated, entry.turns, entry.state};
}

Result<void> Memory::append(const std::string& id, const std::string& owner,
                            const std::vector<store::Turn>& turns, const MemoryRules& rules, bool begin) {
  if (Result<void> room = make_room(); !room) return room;
  const Result<Hold> found = find(id, owner, rules, begin);
  if (!found) return fail(found.error());
  {
    Entry& entry = **found;
    const std::scoped_lock lock(entry.gate);
    if (clock_.wall() - entry.updated > rules.ttl) return forgotten(id);
    if (entry.turns.size() + turns.size() > rules.max_turns)
      return fail(ErrorKind::budget,
                  fmt::format("the conversation {} has had its {} turns", id, rules.max_turns / 2),
                  "start again without continuation_id, or raise MAX_CONVERSATION_TURNS");
    entry.turns.insert(entry.turns.end(), turns.begin(), turns.end());
    entry.updated = clock_.wall();
  }
  touched(*found, remembering::weight(turns));
  return {};
}

Result<void> Memory::update(const std::string& id, const std::string& owner, const MemoryRules& rules,
                            bool begin, const std::function<Result<void>(Json& state)>& change) {
  if (Result<void> room = make_room(); !room) return room;
  const Result<Hold> found = find(id, owner, rules, begin);
  if (!found) return fail(found.error());
  {
    Entry& entry = **found;
    const std::scoped_lock lock(entry.gate);
    if (clock_.wall() - entry.updated > rules.ttl) return forgotten(id);
    if (Result<void> done = change(entry.state); !done) return done;
    entry.state_changed = true;
    entry.updated = clock_.wall();
  }
  touched(*found, 1024);
  return {};
}

/// Back-pressure: a store that cannot follow makes callers wait, and then says so.
Result<void> Memory::make_room() {
  std::unique_lock lock(mutex_);
  if (unwritten_ <= limits_.unwritten_bytes) return {};
  if (written_.wait_for(lock, limits_.patience, [&] { return unwritten_ <= limits_.unwritten_bytes; }))
    return {};
  return fail(ErrorKind::busy, "the store does not keep up: conversations wait to be written",
              "look at the disk and at exai log errors");
}

void Memory::touched(const Hold& entry, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  entry->unwritten += bytes;
  unwritten_ += bytes;
  if (!entry->dirty) {
    entry->dirty = true;
    dirty_.push_back(entry);
  }
  if (!writer_.joinable()) writer_ = std::thread([this] { write(); });
  if (idle_) wake_.notify_one();
}

/// One transaction for all that changed meanwhile.
bool Memory::write_all(const std::vector<Hold>& dirty) {
  std::vector<store::ConversationChange> changes;
  std::vector<std::size_t> kept;
  for (const Hold& entry : dirty) {
    const std::scoped_lock lock(entry->gate);
    store::ConversationChange change;
    change.id = entry->id;
    change.owner = entry->owner;
    change.created = entry->created;
    change.updated = entry->updated;
    change.position = entry->kept_turns;
    change.turns.assign(entry->turns.begin() + static_cast<std::ptrdiff_t>(entry->kept_turns),
                        entry->turns.end());
    if (entry->state_changed) change.state = dump_json(entry->state);
    kept.push_back(entry->turns.size());
    entry->state_changed = false;
    changes.push_back(std::move(change));
  }
  const Result<void> done = store_.keep_conversations(changes);
  for (std::size_t i = 0; i < dirty.size(); ++i) {
    const std::scoped_lock lock(dirty[i]->gate);
    if (done)
      dirty[i]->kept_turns = kept[i];
    else if (changes[i].state)
      dirty[i]->state_changed = true;
  }
  if (!done && on_failure_) on_failure_(done.error());
  return done.has_value();
}

void Memory::write() {
  io::lower_own_priority();  // no call waits for it, and many wait for the loop
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_ = true;
    wake_.wait(lock, [&] { return ending_ || !dirty_.empty(); });
    idle_ = false;
    if (dirty_.empty()) return;
    std::vector<Hold> taken;
    taken.swap(dirty_);
    std::size_t bytes = 0;
    for (const Hold& entry : taken) {
      bytes += std::exchange(entry->unwritten, 0);
      entry->dirty = false;
    }
    writing_ = true;
    lock.unlock();
    const bool kept = write_all(taken);
    if (kept) taken.clear();
    lock.lock();
    writing_ = false;
    ++rounds_;
    if (kept) {
      unwritten_ -= bytes;
      std::vector<Hold> dropped = shrink(recent_.size());
      lock.unlock();
      dropped.clear();
      lock.lock();
    } else {
      ++failures_;
      for (const Hold& entry : taken) {
        if (!std::exchange(entry->dirty, true)) dirty_.push_back(entry);
        // What it weighs stays counted; who waits for room waits on.
      }
      taken.front()->unwritten += bytes;
      written_.notify_all();
      if (ending_) return;  // it was tried; the failure has been told
      wake_.wait_for(lock, remembering::k_retry, [&] { return ending_; });
      continue;
    }
    written_.notify_all();
    wake_.wait_for(lock, limits_.gather, [&] { return ending_ || hurry_; });
  }
}

bool Memory::at_hand(const std::string& id) const {
  const std::scoped_lock lock(mutex_);
  return unwritten_ <= limits_.unwritten_bytes && (id.empty() || index_.find(id) != index_.end());
}

void Memory::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t target = rounds_ + (writing_ ? 2 : 1);
  if (dirty_.empty() && !writing_) return;
  hurry_ = true;
  wake_.notify_one();
  written_.wait_for(lock, limits_.patience,
                    [&] { return rounds_ >= target || (dirty_.empty() && !writing_); });
  hurry_ = false;
}

Memory::Counts Memory::counts() const {
  const std::scoped_lock lock(mutex_);
  return {recent_.size(), unwritten_, failures_};
}

}  // namespace exai::serve
