#include "engine/rate_limit.hpp"

#include "serve/exai_ws/result_cache.hpp"
#include "tests/catch.hpp"

using namespace exai;
using namespace exai::engine;
using namespace exai::serve::exai_ws;

namespace {

Steady at(int milliseconds) {
  return Steady{} + std::chrono::hours{10000} + Millis{milliseconds};
}

RateLimits narrow() {
  RateLimits limits;
  limits.global = {6, 1};
  limits.address = {4, 2};
  limits.session = {2, 1};
  limits.idle = Millis{10000};
  return limits;
}

CachedResult cached_result(const std::string& text) {
  return {std::make_shared<const std::string>(text), "call"};
}

}  // namespace

TEST_CASE("a bucket gives its capacity at once and then its refill", "[serve][rate]") {
  RateLimiter rates(narrow());
  CHECK(rates.take("a", "s", at(0)).count() == 0);
  CHECK(rates.take("a", "s", at(0)).count() == 0);
  CHECK(rates.take("a", "s", at(0)) == Millis{1000});
  CHECK(rates.take("a", "s", at(600)) == Millis{400});
  CHECK(rates.take("a", "s", at(1000)).count() == 0);
  CHECK(rates.take("a", "s", at(1000)).count() > 0);
}

TEST_CASE("a refusal takes from no bucket, and each bucket counts its own", "[serve][rate]") {
  RateLimiter rates(narrow());
  for (int i = 0; i < 2; ++i) CHECK(rates.take("a", "s", at(0)).count() == 0);
  for (int i = 0; i < 50; ++i) CHECK(rates.take("a", "s", at(0)).count() > 0);
  for (int i = 0; i < 2; ++i) CHECK(rates.take("a", "t", at(0)).count() == 0);  // the address has two left
  CHECK(rates.take("a", "u", at(0)) == Millis{500});
  for (int i = 0; i < 2; ++i) CHECK(rates.take("b", "", at(0)).count() == 0);  // six in all
  CHECK(rates.take("c", "", at(0)) == Millis{1000});
}

TEST_CASE("buckets of callers that are gone are forgotten, and a flood of them is bounded", "[serve][rate]") {
  RateLimits limits = narrow();
  limits.global = {1e9, 1e9};
  limits.buckets = 100;
  RateLimiter rates(limits);
  for (int i = 0; i < 50; ++i) (void)rates.take("address " + std::to_string(i), "", at(i));
  CHECK(rates.buckets() == 51);
  (void)rates.take("late", "", at(20000));
  CHECK(rates.buckets() == 2);
  for (int i = 0; i < 5000; ++i) (void)rates.take("address " + std::to_string(i), "", at(20000 + i));
  CHECK(rates.buckets() <= 100);
  // The one that came last still knows what it spent.
  for (int i = 0; i < 3; ++i) CHECK(rates.take("address 4999", "", at(24999)).count() == 0);
  CHECK(rates.take("address 4999", "", at(24999)).count() > 0);
}

TEST_CASE("kept results end with their time, their count and their bytes", "[serve][results]") {
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
