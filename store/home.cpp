#include "store/home.hpp"

#include "core/file_names.hpp"
#include "store/pools.hpp"
#include "store/sql/store.hpp"

#include <mutex>

namespace exai::store {
namespace {

Result<std::shared_ptr<sql::Pool>> pool_of(const Home& home) {
  return home.shared() ? postgres_pool(home.url) : sqlite_pool(home.file);
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

Home home_of(const Config& config, const std::filesystem::path& root) {
  const std::filesystem::path folder = below(root, config.text("server.state_dir"));
  return {folder / k_database_file, config.secret("store.url"), folder / k_spool_folder};
}

Result<std::unique_ptr<Store>> open_store(const Home& home, const Clock& clock) {
  Result<std::shared_ptr<sql::Pool>> pool = pool_of(home);
  if (!pool) return fail(pool.error());
  return sql::make_store(std::move(*pool), clock);
}

Result<std::unique_ptr<Store>> open_sqlite(const std::filesystem::path& file, const Clock& clock) {
  return open_store({.file = file}, clock);
}

Result<std::unique_ptr<Store>> open_postgres(const Secret& url, const Clock& clock) {
  return open_store({.file = {}, .url = url}, clock);
}

std::unique_ptr<Store> lazy_store(Home home, const Clock& clock, std::function<Result<void>(Store&)> opened) {
  auto open = [home = std::move(home), &clock,
               opened = std::move(opened)]() -> Result<std::shared_ptr<sql::Pool>> {
    Result<std::shared_ptr<sql::Pool>> pool = pool_of(home);
    if (!pool) return pool;
    if (const Result<void> prepared = opened(*sql::make_store(*pool, clock)); !prepared)
      return fail(prepared.error());
    return pool;
  };
  return sql::make_store(std::make_shared<LazyPool>(std::move(open)), clock);
}

}  // namespace exai::store
