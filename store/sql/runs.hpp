// Runs in the table `runs`.
#pragma once

#include "store/runs.hpp"
#include "store/sql/database.hpp"

namespace exai::store::sql {

class SqlRuns final : public Runs {
 public:
  explicit SqlRuns(Pool& pool) : pool_(pool) {}
  Result<void> save(const RunRecord& run) override;
  Result<std::vector<RunRecord>> load(std::size_t max) override;

 private:
  Pool& pool_;
};

}  // namespace exai::store::sql
