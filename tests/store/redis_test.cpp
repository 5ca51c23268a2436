// What servers share for a while, on a real Redis: answers, what was used of limits, open circuits.
#include "store/redis.hpp"

#include "tests/catch.hpp"
#include "tests/io/redis_server.hpp"

#include <algorithm>
#include <thread>

#include <fmt/core.h>

using namespace exai;
using store::OpenCircuit;

namespace {

constexpr Millis k_patient{30'000};  // the machine may be busy

std::unique_ptr<store::SharedState> state_at(const RedisAddress& address, const std::string& prefix = "exai:",
                                             Millis patience = k_patient) {
  return store::make_redis_state(address, "", prefix, system_clock(), patience);
}

/// Two servers of one deployment.
struct Pair {
  test::RedisServer server;
  std::unique_ptr<store::SharedState> one = state_at(server.address());
  std::unique_ptr<store::SharedState> other = state_at(server.address());
};

/// Asks until the home is back; it is left alone for a second after an error.
template <class Ask>
auto once_it_is_back(const Ask& ask) {
  const Deadline deadline = Deadline::after(std::chrono::seconds(20));
  for (;;) {
    auto answer = ask();
    if (answer || deadline.passed()) return answer;
    std::this_thread::yield();
  }
}

}  // namespace

TEST_CASE("an answer that one server keeps the other finds, until its time is over", "[store][redis]") {
  Pair pair;
  CHECK_FALSE(pair.one->find("k")->has_value());
  const std::string odd("a\0b\r\n\xFF", 6);
  REQUIRE(pair.one->keep("k", odd, Millis{60'000}));
  CHECK(pair.other->find("k")->value() == odd);
  REQUIRE(pair.one->keep("short", "x", Millis{1}));
  while (pair.other->find("short")->has_value()) std::this_thread::yield();
  const auto stranger = state_at(pair.server.address(), "another:");
  CHECK_FALSE(stranger->find("k")->has_value());
}

TEST_CASE("what is taken from a bucket adds up over servers", "[store][redis]") {
  Pair pair;
  CHECK(pair.one->take({})->empty());
  CHECK(*pair.one->take({{"global", 5}, {"a:::1", 2}}) == std::vector<std::int64_t>{5, 2});
  CHECK(*pair.other->take({{"a:::1", 1}, {"global", 7}}) == std::vector<std::int64_t>{3, 12});
  std::vector<store::BucketUse> many;
  for (int i = 0; i < 3000; ++i) many.push_back({fmt::format("a:{}", i), 1});
  CHECK(pair.one->take(many)->size() == 3000);
}

TEST_CASE("a circuit that opened at one server is open at the other, until it closes or its time is over",
          "[store][redis]") {
  Pair pair;
  CHECK(pair.one->tell_circuits({})->empty());
  REQUIRE(pair.one->tell_circuits({{"glm", "glm-4.6", 4, Millis{60'000}}, {"kimi", "k2", 3, Millis{1}}}));
  auto open = pair.other->tell_circuits({});
  REQUIRE(open);
  while (open->size() > 1) open = pair.other->tell_circuits({});  // the second is over at once
  REQUIRE(open->size() == 1);
  CHECK(open->front().provider == "glm");
  CHECK(open->front().model == "glm-4.6");
  CHECK(open->front().failures == 4);
  CHECK(open->front().left > Millis{30'000});
  CHECK(open->front().left <= Millis{60'000});
  REQUIRE(pair.other->tell_circuits({{"glm", "glm-4.6", 0, Millis{0}}}));
  CHECK(pair.one->tell_circuits({})->empty());
}

TEST_CASE("a Redis that hangs or is gone costs a quarter of a second, then nothing, and is asked again later",
          "[store][redis]") {
  Pair pair;
  pair.one = store::make_redis_state(pair.server.address(), "", "exai:");
  REQUIRE(once_it_is_back([&] { return pair.one->keep("k", "v", Millis{60'000}); }));
  CHECK_FALSE(pair.one->trouble().has_value());
  pair.server.freeze();
  const Steady began = system_clock().steady();
  const auto hung = pair.one->find("k");
  REQUIRE_FALSE(hung);
  CHECK(hung.error().kind == ErrorKind::timeout);
  REQUIRE(pair.one->trouble().has_value());
  for (int i = 0; i < 1000; ++i) CHECK_FALSE(pair.one->find("k"));
  CHECK(system_clock().steady() - began < std::chrono::seconds(10));
  pair.server.thaw();
  const auto back = once_it_is_back([&] { return pair.one->find("k"); });
  REQUIRE(back);
  CHECK(back->value() == "v");
  CHECK_FALSE(pair.one->trouble().has_value());
  pair.server.kill();
  CHECK(once_it_is_back([&]() -> Result<bool> {
    const auto gone = pair.one->find("k");
    return gone ? fail(ErrorKind::internal, "it answers") : Result<bool>(true);
  }));
}

TEST_CASE("a Redis that refuses is a home that is away, and says why", "[store][redis]") {
  const test::RedisServer server({.password = "0123456789abcdef0123456789abcdef"});
  RedisAddress address = server.address();
  address.password = Secret("wrong-0123456789abcdef0123456789");
  const auto state = state_at(address);
  const auto refused = state->find("k");
  REQUIRE_FALSE(refused);
  CHECK(state->trouble()->message.find("wrong-") == std::string::npos);
  CHECK_FALSE(state->trouble()->message.empty());
}
