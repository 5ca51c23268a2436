#include "models/spend.hpp"

#include "core/utc.hpp"
#include "store/store.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"

using namespace exai;
using namespace exai::models;

namespace {

Model priced() {
  Model model;
  model.name = "glm-4.6";
  model.provider = "glm";
  model.price = ModelPrice{.input = 1, .cached_input = 1, .output = 1};  // dollars a million tokens
  return model;
}

std::int64_t saved_nano(const std::filesystem::path& file) {
  const auto store = store::open_sqlite(file);
  REQUIRE(store);
  const std::string today = format_utc(system_clock().wall()).substr(0, 10);
  const auto rows = (*store)->spend().load(today);
  REQUIRE(rows);
  std::int64_t sum = 0;
  for (const store::SpendChange& row : *rows) sum += row.nano_usd;
  return sum;
}

}  // namespace

TEST_CASE("an answer that was paid for is in the store before it is returned", "[spend]") {
  const test::TempFolder folder;
  const auto store = store::open_sqlite(folder / "exai.db");
  REQUIRE(store);
  models::Spend spend(&(*store)->spend(), system_clock());
  for (int answers = 1; answers <= 20; ++answers) {
    CHECK(spend.count(priced(), models::Usage{.prompt = 1000, .completion = 0, .cached = 0}) ==
          Approx(0.001));
    // Whoever starts now, after this process was killed, begins with all of it.
    CHECK(saved_nano(folder / "exai.db") == answers * 1'000'000);
  }
}
