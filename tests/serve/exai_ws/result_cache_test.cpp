#include "serve/exai_ws/result_cache.hpp"

#include "tests/catch.hpp"

using namespace exai;
using namespace exai::serve::exai_ws;

namespace {

Steady at(int milliseconds) {
  return Steady{} + std::chrono::hours{10000} + Millis{milliseconds};
}

CachedResult cached_result(const std::string& text) {
  return {std::make_shared<const std::string>(text), "call"};
}

}  // namespace

TEST_CASE("cached results are bounded by age, count and bytes", "[serve][results]") {
  ResultCache results({3, 4096, Millis{1000}});
  results.put("s/a", cached_result("A"), at(0));
  REQUIRE(results.find("s/a", at(999)) != nullptr);
  CHECK(*results.find("s/a", at(999))->body == "A");
  CHECK(results.find("s/a", at(1000)) == nullptr);
  CHECK(results.bytes() == 0);
  for (const char* const name : {"s/a", "s/b", "s/c"}) results.put(name, cached_result(name), at(2000));
  CHECK(results.find("s/a", at(2001)) != nullptr);  // used, so s/b is the oldest
  results.put("t/d", cached_result("D"), at(2002));
  CHECK(results.size() == 3);
  CHECK(results.find("s/b", at(2002)) == nullptr);
  CHECK(results.find("s/a", at(2002)) != nullptr);
  results.drop("s/");
  CHECK(results.size() == 1);
  CHECK(results.find("t/d", at(2002)) != nullptr);
  results.put("t/e", cached_result(std::string(3000, 'x')), at(2003));
  results.put("t/f", cached_result(std::string(3000, 'x')), at(2003));
  CHECK(results.size() == 1);
  CHECK(results.bytes() < 4096);
  results.put("t/g", cached_result(std::string(5000, 'x')), at(2004));
  CHECK(results.find("t/g", at(2004)) == nullptr);
  CHECK(results.find("t/f", at(2004)) != nullptr);
  results.set_limits({3, 4096, Millis{0}}, at(2005));
  CHECK(results.size() == 0);
  results.put("t/h", cached_result("H"), at(2006));
  CHECK(results.size() == 0);
}
