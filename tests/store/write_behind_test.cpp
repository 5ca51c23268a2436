#include "store/write_behind.hpp"

#include "tests/catch.hpp"

#include <atomic>
#include <vector>

using namespace exai;
using store::WriteBehind;
using store::WriteBehindRules;

namespace {

constexpr Millis k_long{10'000};

/// Numbers that a writer brings to a list, which can refuse them or hold the round up.
struct Numbers {
  explicit Numbers(WriteBehindRules rules)
      : writer(
            mutex, rules, [this] { return !waiting.empty(); },
            [this](std::unique_lock<std::mutex>& lock) { return round(lock); }) {}
  bool round(std::unique_lock<std::mutex>& lock) {
    std::vector<int> taken;
    taken.swap(waiting);
    began.notify_all();
    ++begun;
    released.wait(lock, [this] { return !held; });
    if (refusals > 0) {
      --refusals;
      waiting.insert(waiting.begin(), taken.begin(), taken.end());
      return false;
    }
    written.push_back(std::move(taken));
    return true;
  }
  void add(int number) {
    const std::scoped_lock lock(mutex);
    waiting.push_back(number);
    writer.wake();
  }
  void hold(bool on) {
    const std::scoped_lock lock(mutex);
    held = on;
    released.notify_all();
  }
  void wait_for_end_of_round(std::uint64_t count) {
    std::unique_lock lock(mutex);
    REQUIRE(writer.wait(lock, k_long, [&] { return writer.rounds() >= count; }));
  }
  void wait_for_round(int count) {
    std::unique_lock lock(mutex);
    REQUIRE(began.wait_for(lock, k_long, [&] { return begun >= count; }));
  }
  bool flush(Millis patience = k_long) {
    std::unique_lock lock(mutex);
    writer.flush(lock, patience);
    return waiting.empty() && !writer.writing();
  }

  std::mutex mutex;
  std::condition_variable began, released;
  std::vector<int> waiting;
  std::vector<std::vector<int>> written;
  int begun = 0, refusals = 0;
  bool held = false;
  WriteBehind writer;
};

using Rounds = std::vector<std::vector<int>>;

}  // namespace

TEST_CASE("changes that come while a round runs go with the next one", "[write_behind]") {
  Numbers numbers({});
  numbers.hold(true);
  numbers.add(1);
  numbers.wait_for_round(1);
  numbers.add(2);
  numbers.add(3);
  {
    const std::scoped_lock lock(numbers.mutex);
    CHECK(numbers.writer.writing());
    CHECK(numbers.writer.rounds() == 0);
    CHECK(numbers.writer.next_round() == 2);
  }
  numbers.hold(false);
  CHECK(numbers.flush());
  CHECK(numbers.written == Rounds{{1}, {2, 3}});
  CHECK(numbers.writer.next_round() == 3);
}

TEST_CASE("rounds gather what comes between them, and a flush does not wait for that", "[write_behind]") {
  Numbers numbers({.gather = std::chrono::hours(1)});
  numbers.add(1);
  numbers.wait_for_end_of_round(1);
  numbers.add(2);
  numbers.add(3);
  CHECK(numbers.flush());
  CHECK(numbers.written == Rounds{{1}, {2, 3}});
  CHECK(numbers.flush());  // nothing to wait for
}

TEST_CASE("a round that fails is retried after a while", "[write_behind]") {
  Numbers numbers({.retry = Millis{1}});
  numbers.refusals = 2;
  numbers.add(1);
  numbers.wait_for_round(3);
  CHECK(numbers.flush());
  CHECK(numbers.written == Rounds{{1}});
  CHECK(numbers.writer.failures() == 2);
  CHECK(numbers.writer.rounds() == 3);
}

TEST_CASE("a waiting caller is woken by a failure", "[write_behind]") {
  Numbers numbers({.retry = std::chrono::hours(1)});
  numbers.refusals = 1;
  numbers.add(1);
  std::unique_lock lock(numbers.mutex);
  CHECK(numbers.writer.wait(lock, k_long, [&] { return numbers.writer.failures() == 1; }));
  CHECK_FALSE(numbers.writer.wait(lock, Millis{1}, [&] { return numbers.writer.rounds() == 2; }));
}

TEST_CASE("the end writes what is there, without gathering", "[write_behind]") {
  Numbers numbers({.gather = std::chrono::hours(1)});
  numbers.add(1);
  numbers.wait_for_end_of_round(1);
  numbers.add(2);
  numbers.writer.close();
  CHECK(numbers.written == Rounds{{1}, {2}});
  numbers.writer.close();
}

TEST_CASE("a write that fails during shutdown is retried once and no more", "[write_behind]") {
  for (const int refusals : {1, 2}) {
    Numbers numbers({.retry = std::chrono::hours(1)});
    numbers.refusals = refusals;
    numbers.add(1);
    numbers.wait_for_round(1);
    numbers.writer.close();
    CHECK(numbers.begun == 2);
    CHECK(numbers.waiting.empty() == (refusals == 1));
  }
}

TEST_CASE("a writer that nobody woke has no thread to end", "[write_behind]") {
  Numbers numbers({});
  numbers.writer.close();
  CHECK(numbers.flush());
  CHECK(numbers.begun == 0);
}
