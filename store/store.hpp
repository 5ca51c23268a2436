// What is kept, by aggregate, and the homes that keep it. Who needs one aggregate includes its header only.
#pragma once

#include "core/deadline.hpp"
#include "core/secret.hpp"
#include "store/conversations.hpp"
#include "store/files.hpp"
#include "store/results.hpp"
#include "store/runs.hpp"
#include "store/spend.hpp"

#include <filesystem>
#include <memory>

namespace exai::store {

/// One home. The aggregates live as long as it does.
class Store {
 public:
  virtual ~Store() = default;
  virtual Conversations& conversations() = 0;
  virtual Runs& runs() = 0;
  virtual Spend& spend() = 0;
  virtual Files& files() = 0;
  virtual TestRuns& test_runs() = 0;
  /// A cheap round trip, for health.
  virtual Result<void> ping() = 0;
};

/// Opens (and migrates) the SQLite file; ":memory:" is allowed for tests.
Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file,
                                           const Clock& clock = system_clock());

/// Opens (and migrates) the PostgreSQL database at that URL (io::PgConnection::open has its rules). A call
/// waits five seconds at most for a connection and its answer together.
Result<std::unique_ptr<Store>> open_postgres(const Secret& url, const Clock& clock = system_clock());

}  // namespace exai::store
