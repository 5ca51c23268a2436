// What conversations and workflows remember. The conversation in memory is the truth while it is in use. Each
// change is in a journal before its caller may answer, so that a killed process loses nothing it promised; a
// writer of its own brings it to the store, so that no call waits for the disk.
#pragma once

#include "core/config.hpp"
#include "core/json.hpp"
#include "core/lru.hpp"
#include "io/journal.hpp"
#include "store/conversations.hpp"
#include "store/write_behind.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include <nlohmann/json.hpp>

namespace exai::engine {

/// How long and how much is remembered: of the settings conversation.*.
struct ConversationRules {
  Millis ttl{86'400'000};         ///< after the last change
  std::size_t max_messages = 40;  ///< questions and answers
};
ConversationRules memory_rules(const Config& config);

struct ConversationLimits {
  std::size_t conversations = 2000;                      ///< kept in memory; more stay in the store only
  std::size_t unwritten_bytes = std::size_t{64} << 20U;  ///< waiting for the store; then calls wait too
  Millis patience{5000};                                 ///< how long they wait
  Millis gather{20};   ///< between two writes, so that one commit takes many
  bool power = false;  ///< a change is on the disk before its caller may answer, and not only with the system
  /// Other servers have the same store: a change is there before its caller may answer, and a conversation is
  /// taken from there whenever it goes on. While the store is away what is here goes on alone.
  bool shared = false;
};

/// What a caller sees of a conversation.
struct Conversation {
  std::string id;
  Wall created{}, updated{};
  std::vector<store::Message> messages;  ///< oldest first
  Json state;                            ///< null = none
};

/// Conversations belong to the principal that began them; to others they do not exist. Thread-safe.
class ConversationMemory {
 public:
  /// Makes the journal when the first change needs one; null: what is not in the store is lost with the
  /// process.
  using OpenJournal = std::function<Result<std::unique_ptr<io::Journal>>()>;
  /// `on_failure` gets changes that could not be saved; any thread. Those that the store refused are tried
  /// again, those that the journal refused were not made.
  ConversationMemory(store::Conversations& store, const Clock& clock, ConversationLimits limits,
                     std::function<void(const Error&)> on_failure, OpenJournal open_journal = {});
  ConversationMemory(const ConversationMemory&) = delete;
  ConversationMemory& operator=(const ConversationMemory&) = delete;
  /// As close().
  ~ConversationMemory();
  /// Brings to the store what is not there yet and ends the writer. An error says that something could not be
  /// brought there; it is still in the journal then, if there is one.
  Result<void> close();
  /// Why the last change could not be written, until one can be; asked by health, it tries the journal again.
  [[nodiscard]] std::optional<Error> trouble();
  /// The same of the journal alone: with it, what is answered is kept while the store is away.
  [[nodiscard]] std::optional<Error> journal_trouble();

  /// `not_found` when unknown, expired or another's.
  Result<Conversation> load(const std::string& id, const std::string& owner, const ConversationRules& rules);
  /// Adds messages; with `begin` the id is new and begins a conversation, so that the store need not be
  /// asked. `budget` when there would be too many, `not_found` as load(), `unreachable` when it cannot be
  /// written: then nothing was added.
  Result<void> append(const std::string& id, const std::string& owner, std::vector<store::Message> messages,
                      const ConversationRules& rules, bool begin);
  /// When a new state is in the journal.
  enum class Recorded : std::uint8_t {
    at_once,    ///< before update() returns
    with_next,  ///< with the conversation's next change: nothing is answered before that one
  };
  /// Changes the state as one atomic step; with `begin` the id is new and begins a
  /// conversation. When `change` fails nothing is changed. `change` must not block. `busy`: another server
  /// changed it at the same time; its change stands.
  Result<void> update(const std::string& id, const std::string& owner, const ConversationRules& rules,
                      bool begin, const std::function<Result<void>(Json& state)>& change,
                      Recorded recorded = Recorded::at_once);
  /// True when a change of this conversation never waits: it is in memory (or, for an empty id, yet to
  /// be begun), what it keeps is small, and there is room for more.
  [[nodiscard]] bool is_quick(const std::string& id) const;
  /// Returns when everything of before is in the store, or could not be brought there.
  void flush();

  struct Counts {
    std::size_t conversations = 0, unwritten_bytes = 0;
    std::uint64_t failures = 0;
  };
  [[nodiscard]] Counts counts() const;

 private:
  struct Entry;
  using Hold = std::shared_ptr<Entry>;
  Result<Hold> refreshed(const Hold& entry, const ConversationRules& rules);
  Result<void> delivered(const Hold& entry, std::uint64_t overruled);
  Result<void> save(const std::vector<Hold>& dirty, const std::vector<store::ConversationChange>& changes,
                    std::vector<bool>& settled);
  store::ConversationChange rebase(Entry& entry, const store::Conversation& there,
                                   const store::ConversationChange& change);
  Result<void> settle(Entry& entry, store::ConversationChange change);
  Result<Hold> find(const std::string& id, const std::string& owner, const ConversationRules& rules,
                    bool begin);
  Hold insert(Hold entry);
  /// What append() and update() share: finds the conversation, lets `make` fill in the change, writes it
  /// down, and then lets `apply` make it, which returns its bytes.
  Result<void> change(
      const std::string& id, const std::string& owner, const ConversationRules& rules, bool begin,
      Recorded recorded,
      const std::function<Result<void>(Entry& entry, store::ConversationChange& change)>& make,
      const std::function<std::size_t(Entry& entry, store::ConversationChange& change)>& apply);
  [[nodiscard]] std::vector<Hold> shrink(std::size_t looks);
  void shrink_slowly(std::unique_lock<std::mutex>& lock);
  void list(const Hold& entry);
  void touched(const Hold& entry, std::size_t bytes);
  struct Ticket;
  Result<Ticket> record(const store::ConversationChange& change);
  Result<void> secured(const Ticket& ticket);
  Result<io::Journal*> journal();
  std::uint64_t settled() const;
  void note(std::optional<Error> trouble);
  Result<void> make_room();
  [[nodiscard]] Wall next_update(const Entry& entry) const;
  bool write_round(std::unique_lock<std::mutex>& lock);
  bool write_all(const std::vector<Hold>& dirty);

  store::Conversations& store_;
  const Clock& clock_;
  ConversationLimits limits_;
  std::function<void(const Error&)> on_failure_;
  mutable std::mutex mutex_;
  Lru<Hold> recent_;
  std::vector<Hold> dirty_;           // what the writer takes next
  std::uint64_t collection_ = 1;      // how many times it has taken it, and this one
  std::size_t fresh_ = 0;             // bytes of it
  std::size_t unwritten_ = 0;         // these and those that are being written
  mutable std::mutex journal_mutex_;  // for making it, and for the tickets
  OpenJournal open_journal_;
  std::unique_ptr<io::Journal> journal_;
  std::set<std::uint64_t> unlisted_;  // records whose entries are not in dirty_ yet
  mutable std::mutex trouble_mutex_;
  std::optional<Error> journal_trouble_, store_trouble_;
  store::WriteBehind writer_;  // the last to begin and the first to end
};

}  // namespace exai::engine
