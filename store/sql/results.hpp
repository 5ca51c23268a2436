// Runs of tests and their results in the tables `test_runs` and `test_results`.
#pragma once

#include "store/results.hpp"
#include "store/sql/database.hpp"

namespace exai::store::sql {

class SqlTestRuns final : public TestRuns {
 public:
  SqlTestRuns(Pool& pool, const Clock& clock) : pool_(pool), clock_(clock) {}
  Result<Saved> save(const TestRunRecord& run, const std::vector<ResultRecord>& results) override;
  Result<std::vector<TestRunRecord>> list(const RunFilter& filter) override;
  Result<TestRunRecord> find(std::int64_t id) override;
  Result<std::vector<ResultRecord>> results(std::int64_t run) override;
  Result<std::vector<FailingTool>> failing(Wall since, std::size_t max) override;

 private:
  Pool& pool_;
  const Clock& clock_;
};

}  // namespace exai::store::sql
