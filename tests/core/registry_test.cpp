// Records that register themselves are listed in one order and found by name.
#include "core/registry.hpp"

#include "tests/catch.hpp"

#include <string_view>

using namespace exai;

namespace {

struct Fruit {
  std::string_view id;
  [[nodiscard]] std::string_view name() const { return id; }
};

const Registered<Fruit> k_plum{Fruit{"plum"}};
const Registered<Fruit> k_apple{Fruit{"apple"}};
const Registered<Fruit> k_pear{Fruit{"pear"}};

}  // namespace

TEST_CASE("records are listed by name, in a list that is made once", "[registry]") {
  const std::vector<const Fruit*>& all = Registered<Fruit>::all();
  REQUIRE(all.size() == 3);
  CHECK(all[0]->id == "apple");
  CHECK(all[1]->id == "pear");
  CHECK(all[2] == &k_plum.record());
  CHECK(&Registered<Fruit>::all() == &all);
}

TEST_CASE("a record is found by its whole name only", "[registry]") {
  CHECK(Registered<Fruit>::find("pear") == &k_pear.record());
  CHECK(Registered<Fruit>::find("apple") == &k_apple.record());
  for (const char* unknown : {"", "app", "apples", "zebra"}) {
    INFO(unknown);
    CHECK(Registered<Fruit>::find(unknown) == nullptr);
  }
}
