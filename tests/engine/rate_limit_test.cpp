#include "engine/rate_limit.hpp"

#include "tests/catch.hpp"

#include <map>

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

TEST_CASE("what other servers take from a bucket is taken here as well", "[serve][rate][shared]") {
  RateLimiter here(narrow()), there(narrow());
  std::map<std::string, std::int64_t> totals;
  const auto exchange = [&](RateLimiter& one, Steady now) {
    const auto sent = one.taken();
    std::vector<std::int64_t> all;
    for (const auto& use : sent) all.push_back(totals[use.bucket] += use.taken);
    one.taken_by_all(sent, all, now, Millis{3000});
  };
  // The first exchange only learns where the others stand.
  CHECK(there.take("a", "s", at(0)).count() == 0);
  exchange(there, at(0));
  CHECK(here.take("a", "s", at(0)).count() == 0);
  exchange(here, at(0));
  // From then on both have one budget: two a burst and one a second of the session, whoever asks.
  int taken = 0;
  for (int step = 1; step <= 400; ++step) {
    for (RateLimiter* one : {&here, &there}) {
      taken += one->take("a", "s", at(step * 100)).count() == 0 ? 1 : 0;
      exchange(*one, at(step * 100));
    }
  }
  CHECK(taken >= 30);
  CHECK(taken <= 45);
  // What others took while nothing was heard for long is not counted.
  for (int i = 0; i < 4; ++i) (void)there.take("a", "t", at(60'000));
  exchange(there, at(60'000));
  CHECK(here.take("a", "t", at(60'000)).count() == 0);
  exchange(here, at(60'000));
  CHECK(here.take("a", "t", at(60'000)).count() == 0);
}

TEST_CASE("what was taken is told once, and debt has an end", "[serve][rate][shared]") {
  RateLimiter rates(narrow());
  CHECK(rates.taken().empty());
  CHECK(rates.take("a", "", at(0)).count() == 0);
  CHECK(rates.take("a", "", at(0)).count() == 0);
  const auto sent = rates.taken();
  REQUIRE(sent.size() == 2);
  CHECK(rates.taken().empty());
  rates.taken_by_all(sent, {2, 2}, at(0), Millis{3000});
  CHECK(rates.take("a", "", at(0)).count() == 0);
  const auto more = rates.taken();
  rates.taken_by_all(more, {1'000'003, 1'000'003}, at(0), Millis{3000});
  // The debt is a bucket at most: four tokens at two a second, or six at one.
  CHECK(rates.take("a", "", at(0)) == Millis{7000});
  CHECK(rates.take("a", "", at(7000)).count() == 0);
}
