// A fact is measured once a run, whoever asks for it.
#include "core/measurements.hpp"

#include "tests/catch.hpp"

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace exai;

namespace {

Asker for_long() {
  return {system_clock(), Deadline::after(Millis{60'000}), {}};
}

bool always_whole(const int&) {
  return true;
}

}  // namespace

TEST_CASE("a fact is measured once for each key and type", "[measurements]") {
  Measurements all;
  int made = 0;
  const auto ask = [&](const std::string& key) {
    return *all.once<int>(
        key, for_long(), [&] { return ++made; }, always_whole);
  };
  CHECK(ask("a") == 1);
  CHECK(ask("a") == 1);
  CHECK(ask("b") == 2);
  CHECK(*all.once<std::string>(
            "a", for_long(), [] { return std::string("text"); }, [](const std::string&) { return true; }) ==
        "text");
  all.forget();
  CHECK(ask("a") == 3);
}

TEST_CASE("a caller during a measurement waits for its result", "[measurements]") {
  constexpr int k_askers = 8;
  Measurements all;
  std::atomic<int> made = 0;
  std::latch begun(1), all_asking(k_askers);
  const auto measure = [&] {
    begun.count_down();
    all_asking.wait();
    return ++made;
  };
  std::vector<int> got(k_askers + 1);
  {
    std::vector<std::jthread> askers;
    askers.emplace_back([&] { got[0] = *all.once<int>("x", for_long(), measure, always_whole); });
    begun.wait();
    for (int i = 1; i <= k_askers; ++i)
      askers.emplace_back([&, i] {
        all_asking.count_down();
        got[std::size_t(i)] = *all.once<int>("x", for_long(), measure, always_whole);
      });
  }
  CHECK(made == 1);
  CHECK(got == std::vector<int>(k_askers + 1, 1));
}

TEST_CASE("a measurement that was cut short serves only those whose time is over", "[measurements]") {
  Measurements all;
  int made = 0;
  const auto ask = [&] {
    return *all.once<int>(
        "x", for_long(), [&] { return ++made; }, [](const int& fact) { return fact > 1; });
  };
  CHECK(ask() == 1);
  const Asker late{system_clock(), Deadline::after(Millis{0}), {}};
  CHECK(*all.once<int>(
            "x", late, [] { return 7; }, always_whole) == 1);
  CHECK(ask() == 2);
  CHECK(ask() == 2);
}

TEST_CASE("a measurement that throws is not cached", "[measurements]") {
  Measurements all;
  CHECK_THROWS(all.once<int>(
      "x", for_long(), []() -> int { throw std::runtime_error("no"); }, always_whole));
  CHECK(*all.once<int>(
            "x", for_long(), [] { return 7; }, always_whole) == 7);
}

TEST_CASE("a caller that cannot wait for a running measurement makes its own", "[measurements]") {
  Measurements all;
  std::latch begun(1), enough(1);
  std::jthread slow([&] {
    const auto measure = [&] {
      begun.count_down();
      enough.wait();
      return 1;
    };
    all.once<int>("x", for_long(), measure, always_whole);
  });
  begun.wait();
  const Asker late{system_clock(), Deadline::after(Millis{0}), {}};
  CHECK(*all.once<int>(
            "x", late, [] { return 2; }, always_whole) == 2);
  std::stop_source stop;
  stop.request_stop();
  const Asker stopped{system_clock(), Deadline::after(Millis{60'000}), stop.get_token()};
  CHECK(*all.once<int>(
            "x", stopped, [] { return 3; }, always_whole) == 3);
  enough.count_down();
  slow.join();
  CHECK(*all.once<int>(
            "x", for_long(), [] { return 4; }, always_whole) == 1);
}
