// What is kept: conversations and runs. One narrow interface; SQLite is its embedded home.
#pragma once

#include "core/deadline.hpp"
#include "core/report.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace exai::store {

struct Turn {
  std::string role;  ///< "user" or "assistant"
  std::string content;
  std::string tool, provider, model;
  Wall at{};
};

struct Conversation {
  std::string id;     ///< UUID
  std::string owner;  ///< the principal that began it
  Wall created{}, updated{};
  std::vector<Turn> turns;  ///< oldest first
  std::string state;        ///< what a workflow keeps of it, JSON; empty = none
};

/// What became of one conversation since it was kept last.
struct ConversationChange {
  std::string id, owner;
  Wall created{}, updated{};
  std::size_t position = 0;  ///< of the first of `turns`; those before it are kept already
  std::vector<Turn> turns;
  std::optional<std::string> state;  ///< nothing = as it was
};

/// A file that we sent to a model provider.
struct ProviderFile {
  std::string provider, id;     ///< "kimi" and the provider's name for it
  std::string sha256, purpose;  ///< of the content; what the provider was told it is for
  std::string name, owner;      ///< without its folder; the principal that sent it
  std::int64_t bytes = 0;
  Wall uploaded{}, used{};  ///< used: asked about or sent again last
};

/// One runbook or suite run, as `runbook history` shows it.
struct RunRecord {
  std::string run_id, title, host, version, verdict, report_json;
  Wall started{};
  Millis duration{0};
  int exit_code = 0;
};

/// What a model cost on one UTC day ("2026-11-21"), or what came to it since it was kept last.
struct SpendChange {
  std::string day, provider, model;
  std::int64_t calls = 0, prompt = 0, completion = 0, cached = 0;  ///< tokens
  std::int64_t nano_usd = 0;                                       ///< billionths of a US dollar
};

/// Thread-safe; every call blocks for at most its own statement timeout (5 s).
class Store {
 public:
  virtual ~Store() = default;
  /// Keeps all changes in one transaction, creating conversations when new; returns after the commit.
  /// `invalid` when a turn stands at its position already: somebody else wrote.
  virtual Result<void> keep_conversations(const std::vector<ConversationChange>& changes) = 0;
  /// The same for changes that may be there already, in the order in which they came about: turns that stand
  /// at their position stay, and a state gives way to a later one only.
  virtual Result<void> restore_conversations(const std::vector<ConversationChange>& changes) = 0;
  /// `not_found` when there is none or it is older than `ttl` since its last change.
  virtual Result<Conversation> load_conversation(const std::string& id, Millis ttl) = 0;
  /// Removes conversations older than `ttl`; the number removed.
  virtual Result<std::size_t> expire_conversations(Millis ttl) = 0;
  /// Returns only after the commit is on disk.
  virtual Result<void> save_run(const RunRecord& run) = 0;
  virtual Result<std::vector<RunRecord>> runs(std::size_t most) = 0;
  /// Adds to what is kept of each day, all in one transaction.
  virtual Result<void> add_spend(const std::vector<SpendChange>& changes) = 0;
  virtual Result<std::vector<SpendChange>> spend_of(const std::string& day) = 0;
  /// Keeps or replaces what is known of a file; `provider` and `id` name it.
  virtual Result<void> keep_provider_file(const ProviderFile& file) = 0;
  /// All of one provider, oldest first, 10,000 at most.
  virtual Result<std::vector<ProviderFile>> provider_files(const std::string& provider) = 0;
  /// Nothing happens when it is not known.
  virtual Result<void> forget_provider_file(const std::string& provider, const std::string& id) = 0;
  /// A cheap round trip, for health.
  virtual Result<void> ping() = 0;
};

/// Opens (and migrates) the SQLite file; ":memory:" is allowed for tests.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file,
                                           const Clock& clock = system_clock());

}  // namespace exai::store
