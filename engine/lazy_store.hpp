// The store, opened by the first call that needs it, on that call's thread: starting costs
// nothing. Opening it also brings in what processes that were killed had promised and not brought there.
#pragma once

#include "store/home.hpp"

#include <atomic>
#include <memory>

namespace exai::engine {

class LazyStore final : public store::Store {
 public:
  /// Journals of killed processes are looked for where home.file would be.
  LazyStore(const store::Home& home, const Clock& clock);

  /// Conversations that were in journals of killed processes and are in the store now.
  [[nodiscard]] std::size_t recovered() const { return recovered_; }

  [[nodiscard]] const store::Home& home() const { return home_; }

  store::Conversations& conversations() override { return store_->conversations(); }
  store::Runs& runs() override { return store_->runs(); }
  store::Spend& spend() override { return store_->spend(); }
  store::Files& files() override { return store_->files(); }
  store::TestRuns& test_runs() override { return store_->test_runs(); }
  Result<void> ping() override { return store_->ping(); }

 private:
  const store::Home home_;
  std::atomic<std::size_t> recovered_{0};
  std::unique_ptr<store::Store> store_;
};

}  // namespace exai::engine
