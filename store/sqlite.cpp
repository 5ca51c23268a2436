// The embedded home: nothing to install, one file.
#include "store/sql/store.hpp"
#include "store/sqlite_db.hpp"

#include <condition_variable>
#include <mutex>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& sqlite_migrations();
}

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

Result<std::shared_ptr<sql::Pool>> open_pool(const std::filesystem::path& file) {
  Result<std::unique_ptr<SqliteDatabase>> db = SqliteDatabase::open(file);
  if (!db) return fail(db.error());
  if (auto migrated = (*db)->migrate(embedded::sqlite_migrations()); !migrated) return fail(migrated.error());
  return std::make_shared<SqlitePool>(std::move(*db));
}

/// Opens the other one when it is first asked.
class LazyPool final : public sql::Pool {
 public:
  using Open = std::function<Result<std::shared_ptr<sql::Pool>>()>;
  explicit LazyPool(Open open) : open_(std::move(open)) {}

  Result<Lease> acquire() override {
    const Result<sql::Pool*> pool = opened();
    if (!pool) return fail(pool.error());
    return (*pool)->acquire();
  }

 private:
  Result<sql::Pool*> opened() {
    const std::scoped_lock lock(mutex_);
    if (pool_) return pool_.get();
    Result<std::shared_ptr<sql::Pool>> pool = open_();
    if (!pool) return fail(pool.error());
    pool_ = std::move(*pool);
    return pool_.get();
  }
  void release(sql::Database&) override {}  // leases go back to the other one

  Open open_;
  std::mutex mutex_;
  std::shared_ptr<sql::Pool> pool_;
};

}  // namespace

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file, const Clock& clock) {
  Result<std::shared_ptr<sql::Pool>> pool = open_pool(file);
  if (!pool) return fail(pool.error());
  return sql::make_store(std::move(*pool), clock);
}

std::unique_ptr<Store> lazy_sqlite(std::filesystem::path file, const Clock& clock,
                                   std::function<Result<void>(Store&)> opened) {
  auto open = [file = std::move(file), &clock,
               opened = std::move(opened)]() -> Result<std::shared_ptr<sql::Pool>> {
    Result<std::shared_ptr<sql::Pool>> pool = open_pool(file);
    if (!pool) return pool;
    if (const Result<void> prepared = opened(*sql::make_store(*pool, clock)); !prepared)
      return fail(prepared.error());
    return pool;
  };
  return sql::make_store(std::make_shared<LazyPool>(std::move(open)), clock);
}

}  // namespace exai::store
