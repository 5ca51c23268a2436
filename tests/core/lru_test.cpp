#include "core/lru.hpp"

#include "tests/catch.hpp"

#include <memory>
#include <vector>

using namespace exai;

namespace {

Steady after(int milliseconds) {
  return Steady{} + std::chrono::hours{10000} + Millis{milliseconds};
}

template <class Map>
std::vector<std::string> oldest_first(Map& map) {
  std::vector<std::string> keys;
  for (const auto& entry : map) keys.push_back(entry.key);
  return keys;
}

using Keys = std::vector<std::string>;

}  // namespace

TEST_CASE("the least recently used entry is evicted first", "[lru]") {
  Lru<int> map({.entries = 3});
  for (const char* const key : {"a", "b", "c"}) CHECK(map.put(key, key[0]) != nullptr);
  REQUIRE(map.use("a") != nullptr);
  CHECK(*map.use("a") == 'a');
  CHECK(map.find("b") != map.end());  // looking is not using
  CHECK(*map.put("d", 1) == 1);
  CHECK(oldest_first(map) == Keys{"c", "a", "d"});
  CHECK(map.use("b") == nullptr);
  map.touch(map.find("c"));
  map.put("a", 7);
  CHECK(oldest_first(map) == Keys{"d", "c", "a"});
  CHECK(*map.use("a") == 7);
  CHECK(map.size() == 3);
}

TEST_CASE("total weight is bounded, and an entry heavier than the bound evicts nothing", "[lru]") {
  Lru<int> map({.weight = 10});
  for (const char* const key : {"a", "b", "c"}) map.put(key, 0, {}, 3);
  CHECK(map.weight() == 9);
  CHECK(map.put("b", 0, {}, 5) != nullptr);
  CHECK(oldest_first(map) == Keys{"c", "b"});
  CHECK(map.weight() == 8);
  CHECK(map.put("d", 0, {}, 10) != nullptr);
  CHECK(oldest_first(map) == Keys{"d"});
  CHECK(map.put("e", 0, {}, 11) == nullptr);
  CHECK(oldest_first(map) == Keys{"d"});
  CHECK(map.put("d", 0, {}, 11) == nullptr);  // what stood there was replaced by nothing
  CHECK(map.empty());
  CHECK(map.weight() == 0);
}

TEST_CASE("expiry counts from put and not from use", "[lru]") {
  Lru<int> map({.ttl = Millis{100}});
  map.put("a", 1, after(0));
  map.put("b", 2, after(10), 4);
  REQUIRE(map.use("a", after(99)) != nullptr);
  CHECK(map.use("a", after(100)) == nullptr);
  CHECK(map.find("a") == map.end());  // and it is gone
  map.put("c", 3, after(20));
  REQUIRE(map.use("b", after(50)) != nullptr);
  map.put("d", 4, after(115));  // "b" is over its time, behind "c", which is not
  CHECK(oldest_first(map) == Keys{"c", "b", "d"});
  map.erase_expired(after(115));
  CHECK(oldest_first(map) == Keys{"c", "d"});
  CHECK(map.weight() == 0);
  map.put("e", 5, after(200));
  CHECK(oldest_first(map) == Keys{"d", "e"});
}

TEST_CASE("limits of zero keep nothing, and smaller limits apply at once", "[lru]") {
  Lru<int> map({.entries = 4});
  for (const char* const key : {"a", "b", "c", "d"}) map.put(key, 0, after(0), 1);
  map.set_limits({.entries = 2});
  CHECK(oldest_first(map) == Keys{"c", "d"});
  map.set_limits({.weight = 1});
  CHECK(oldest_first(map) == Keys{"d"});
  map.set_limits({.ttl = Millis{0}}, after(0));
  CHECK(map.empty());
  CHECK(map.put("e", 0, after(0)) == nullptr);
  map.set_limits({.entries = 0});
  CHECK(map.put("e", 0) == nullptr);
  CHECK(map.empty());
}

TEST_CASE("erase removes one key, or all with a prefix", "[lru]") {
  Lru<std::unique_ptr<int>, LruIndex::ordered> map;
  for (const char* const key : {"s/1", "t/1", "s/2", "s", "t"}) map.put(key, std::make_unique<int>(1), {}, 2);
  map.erase_prefix("s/");
  CHECK(oldest_first(map) == Keys{"t/1", "s", "t"});
  CHECK(map.weight() == 6);
  CHECK(map.erase("s"));
  CHECK_FALSE(map.erase("s"));
  CHECK(map.erase(map.begin())->key == "t");
  map.erase_prefix("");
  CHECK(map.empty());
  CHECK(map.weight() == 0);
  map.put("u", std::make_unique<int>(3));
  map.clear();
  CHECK(map.use("u") == nullptr);
}
