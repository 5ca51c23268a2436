#include "tests/store/homes.hpp"

namespace exai::test {

const std::vector<Home>& homes() {
  static const std::vector<Home> k_homes{
      {"SQLite file", true,
       [](const auto& folder, const Clock& clock) { return store::open_sqlite(folder / "exai.db", clock); }},
      {"SQLite memory", false,
       [](const auto&, const Clock& clock) { return store::open_sqlite(":memory:", clock); }},
      {"SQLite file, opened when used", true,
       [](const auto& folder, const Clock& clock) -> Result<std::unique_ptr<store::Store>> {
         return store::lazy_sqlite(folder / "exai.db", clock, [](store::Store&) { return Result<void>{}; });
       }},
  };
  return k_homes;
}

}  // namespace exai::test
