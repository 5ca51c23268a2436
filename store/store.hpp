// What is kept: conversations and runs. One narrow interface; SQLite is its embedded home.
#pragma once

#include "core/deadline.hpp"
#include "core/report.hpp"
#include "core/result.hpp"

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
  std::string id;  ///< UUID
  Wall created{}, updated{};
  std::vector<Turn> turns;  ///< oldest first
};

/// One runbook or suite run, as `runbook history` shows it.
struct RunRecord {
  std::string run_id, title, host, version, verdict, report_json;
  Wall started{};
  Millis duration{0};
  int exit_code = 0;
};

/// Thread-safe; every call blocks for at most its own statement timeout (5 s).
class Store {
 public:
  virtual ~Store() = default;
  /// Appends turns in one transaction, creating the conversation when new. `not_found` if it expired (older
  /// than `ttl` since its last turn); `budget` when `max_turns` would be passed.
  virtual Result<void> append_turns(const std::string& id, const std::vector<Turn>& turns, Millis ttl,
                                    std::size_t max_turns) = 0;
  virtual Result<Conversation> load_conversation(const std::string& id, Millis ttl) = 0;
  /// Removes conversations older than `ttl`; the number removed.
  virtual Result<std::size_t> expire_conversations(Millis ttl) = 0;
  /// Returns only after the commit is on disk.
  virtual Result<void> save_run(const RunRecord& run) = 0;
  virtual Result<std::vector<RunRecord>> runs(std::size_t most) = 0;
  /// A cheap round trip, for health.
  virtual Result<void> ping() = 0;
};

/// Opens (and migrates) the SQLite file; ":memory:" is allowed for tests.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file,
                                           const Clock& clock = system_clock());

}  // namespace exai::store
