// The shared home: PostgreSQL, for several servers at once.
#include "store/pools.hpp"
#include "store/postgres_db.hpp"
#include "store/sql/migrate.hpp"

#include <condition_variable>
#include <mutex>

namespace exai::store {
namespace {

constexpr Millis k_postgres_timeout{5000};
constexpr std::size_t k_max_connections = 4;

/// A few connections, made when they are needed; waiting for one counts towards the timeout of the call. One
/// that broke is made anew by the next call that needs it.
class PostgresPool final : public sql::Pool {
 public:
  explicit PostgresPool(Secret url) : url_(std::move(url)) {}

  Result<Lease> acquire() override {
    const Deadline deadline = Deadline::after(k_postgres_timeout);
    auto db = take(deadline);
    if (!db) return fail(db.error());
    if (*db == nullptr) {
      auto opened = PostgresDatabase::open(url_, deadline);
      if (!opened) {
        give_back(nullptr);
        return fail(opened.error());
      }
      *db = std::move(*opened);
    }
    (*db)->set_deadline(deadline);
    return Lease(db->release(), GiveBack{this});
  }

 private:
  /// One that is free, or the room for a new one (null).
  Result<std::unique_ptr<PostgresDatabase>> take(Deadline deadline) {
    std::unique_lock lock(mutex_);
    if (!change_.wait_until(lock, deadline.at(), [this] { return taken_ < k_max_connections; }))
      return fail(ErrorKind::timeout,
                  "all connections to the database were busy for " + format_duration(k_postgres_timeout));
    ++taken_;
    while (!free_.empty()) {
      std::unique_ptr<PostgresDatabase> db = std::move(free_.back());
      free_.pop_back();
      if (db->alive()) return db;
    }
    return std::unique_ptr<PostgresDatabase>();
  }

  void give_back(std::unique_ptr<PostgresDatabase> db) {
    const std::scoped_lock lock(mutex_);
    --taken_;
    if (db && !db->broken()) free_.push_back(std::move(db));
    change_.notify_one();
  }

  void release(sql::Database& db) override {
    give_back(std::unique_ptr<PostgresDatabase>(static_cast<PostgresDatabase*>(&db)));
  }

  const Secret url_;
  std::mutex mutex_;
  std::condition_variable change_;
  std::size_t taken_ = 0;
  std::vector<std::unique_ptr<PostgresDatabase>> free_;
};

}  // namespace

Result<std::shared_ptr<sql::Pool>> postgres_pool(const Secret& url) {
  // Two processes that make the tables wait for each other.
  auto db = PostgresDatabase::open(url, Deadline::after(4 * k_postgres_timeout));
  if (!db) return fail(db.error());
  if (auto migrated = sql::migrate(**db, postgres_migrations()); !migrated) return fail(migrated.error());
  return std::make_shared<PostgresPool>(url);
}

}  // namespace exai::store
