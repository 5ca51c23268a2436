// What models cost in the table `spend`.
#pragma once

#include "store/spend.hpp"
#include "store/sql/database.hpp"

namespace exai::store::sql {

class SqlSpend final : public Spend {
 public:
  explicit SqlSpend(Pool& pool) : pool_(pool) {}
  Result<void> add(const std::vector<SpendChange>& changes) override;
  Result<std::vector<SpendChange>> load(const std::string& day) override;

 private:
  Pool& pool_;
};

}  // namespace exai::store::sql
