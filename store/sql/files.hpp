// Files at model providers in the table `provider_files`.
#pragma once

#include "store/files.hpp"
#include "store/sql/database.hpp"

namespace exai::store::sql {

class SqlFiles final : public Files {
 public:
  explicit SqlFiles(Pool& pool) : pool_(pool) {}
  Result<void> save(const ProviderFile& file) override;
  Result<std::vector<ProviderFile>> load(const std::string& provider) override;
  Result<void> remove(const std::string& provider, const std::string& id) override;

 private:
  Pool& pool_;
};

}  // namespace exai::store::sql
