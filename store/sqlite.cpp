// The embedded home: nothing to install, one file.
#include "store/pools.hpp"
#include "store/sql/migrate.hpp"
#include "store/sqlite_db.hpp"

#include <condition_variable>
#include <mutex>

namespace exai::store {
namespace {

constexpr Millis k_statement_timeout{5000};

/// One connection, whose turns are taken one after the other; waiting for the turn counts towards the
/// timeout. A flag and a condition, because the thread sanitizer of g++ 12 does not follow timed mutexes.
class SqlitePool final : public sql::Pool {
 public:
  explicit SqlitePool(std::unique_ptr<SqliteDatabase> db) : db_(std::move(db)) {}

  Result<Lease> acquire() override {
    const Deadline deadline = Deadline::after(k_statement_timeout);
    std::unique_lock lock(mutex_);
    if (!free_.wait_until(lock, deadline.at(), [this] { return !taken_; }))
      return fail(ErrorKind::timeout, "the database was busy for " + format_duration(k_statement_timeout));
    taken_ = true;
    db_->set_deadline(deadline);
    return Lease(db_.get(), GiveBack{this});
  }

 private:
  void release(sql::Database&) override {
    const std::scoped_lock lock(mutex_);
    taken_ = false;
    free_.notify_one();
  }

  std::mutex mutex_;
  std::condition_variable free_;
  bool taken_ = false;
  std::unique_ptr<SqliteDatabase> db_;
};

}  // namespace

Result<std::shared_ptr<sql::Pool>> sqlite_pool(const std::filesystem::path& file) {
  Result<std::unique_ptr<SqliteDatabase>> db = SqliteDatabase::open(file);
  if (!db) return fail(db.error());
  if (auto migrated = sql::migrate(**db, sqlite_migrations()); !migrated) return fail(migrated.error());
  return std::make_shared<SqlitePool>(std::move(*db));
}

}  // namespace exai::store
