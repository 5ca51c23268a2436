#include "store/sql/store.hpp"

#include "store/sql/conversations.hpp"
#include "store/sql/files.hpp"
#include "store/sql/results.hpp"
#include "store/sql/runs.hpp"
#include "store/sql/spend.hpp"

namespace exai::store::sql {
namespace {

class SqlStore final : public Store {
 public:
  SqlStore(std::shared_ptr<Pool> pool, const Clock& clock)
      : pool_(std::move(pool)),
        conversations_(*pool_, clock),
        runs_(*pool_),
        spend_(*pool_),
        files_(*pool_),
        test_runs_(*pool_, clock) {}
  Conversations& conversations() override { return conversations_; }
  Runs& runs() override { return runs_; }
  Spend& spend() override { return spend_; }
  Files& files() override { return files_; }
  TestRuns& test_runs() override { return test_runs_; }
  Result<void> ping() override {
    const auto db = pool_->acquire();
    if (!db) return fail(db.error());
    const auto query = (*db)->prepare("SELECT count(*) FROM @schema_version");
    if (!query) return fail(query.error());
    return (*query)->run();
  }

 private:
  std::shared_ptr<Pool> pool_;
  SqlConversations conversations_;
  SqlRuns runs_;
  SqlSpend spend_;
  SqlFiles files_;
  SqlTestRuns test_runs_;
};

}  // namespace

std::unique_ptr<Store> make_store(std::shared_ptr<Pool> pool, const Clock& clock) {
  return std::make_unique<SqlStore>(std::move(pool), clock);
}

}  // namespace exai::store::sql
