#include "engine/rate_limit.hpp"

#include "tests/catch.hpp"

using namespace exai;
using namespace exai::engine;

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

TEST_CASE("buckets of idle callers are removed, and their number is bounded", "[serve][rate]") {
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
