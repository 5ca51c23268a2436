#include "tests/store/homes.hpp"

#include "store/home.hpp"
#include "tests/store/postgres_server.hpp"

namespace exai::test {

const std::vector<Home>& homes() {
  static const std::vector<Home> k_homes{
      {"SQLite file", true,
       [](const auto& folder, const Clock& clock) { return store::open_sqlite(folder / "exai.db", clock); }},
      {"SQLite memory", false,
       [](const auto&, const Clock& clock) { return store::open_sqlite(":memory:", clock); }},
      {"SQLite file, opened when used", true,
       [](const auto& folder, const Clock& clock) -> Result<std::unique_ptr<store::Store>> {
         return store::lazy_store({.file = folder / "exai.db"}, clock,
                                  [](store::Store&) { return Result<void>{}; });
       }},
      {"PostgreSQL", true,
       [](const auto& folder, const Clock& clock) {
         return store::open_postgres(PostgresServer::shared().database_of(folder.filename().string()), clock);
       }},
  };
  return k_homes;
}

}  // namespace exai::test
