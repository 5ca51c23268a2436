#include "engine/conversations/memory.hpp"

#include "engine/lazy_store.hpp"
#include "io/random.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/scratch.hpp"

#include <atomic>
#include <thread>

using namespace exai;
using engine::ConversationMemory;
using exai::tests::Scratch;

namespace {

class MovedClock : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return system_clock().steady(); }
  [[nodiscard]] Wall wall() const override { return Wall(Millis(now.load())); }
  std::atomic<long long> now{1'000'000'000'000};
};

std::vector<store::Message> exchange(const std::string& question) {
  return {{"user", question, "chat", "glm", "glm-4.6", {}},
          {"assistant", "answer to " + question, "chat", "glm", "glm-4.6", {}}};
}

/// Conversations of a store that can be made to fail or to hold every write back.
class StubbornStore : public store::Conversations {
 public:
  explicit StubbornStore(std::unique_ptr<store::Store> real) : real_(std::move(real)) {}
  Result<void> save(const std::vector<store::ConversationChange>& changes) override {
    std::unique_lock lock(mutex_);
    ++attempts_;
    const bool fails = failing;
    seen_.notify_all();
    open_.wait(lock, [&] { return !held_; });
    lock.unlock();
    for (int i = 0; fails && i < 100; ++i) std::this_thread::yield();  // others overtake a disk in trouble
    if (fails) return fail(ErrorKind::unreachable, "the disk is full");
    return real_->conversations().save(changes);
  }
  Result<void> restore(const std::vector<store::ConversationChange>& changes) override {
    return real_->conversations().restore(changes);
  }
  Result<store::Conversation> load(const std::string& id, Millis ttl) override {
    return real_->conversations().load(id, ttl);
  }
  Result<std::size_t> expire(Millis ttl) override { return real_->conversations().expire(ttl); }

  void hold(bool on) {
    const std::scoped_lock lock(mutex_);
    held_ = on;
    open_.notify_all();
  }
  void wait_for_attempts(int count) {
    std::unique_lock lock(mutex_);
    REQUIRE(seen_.wait_for(lock, std::chrono::seconds(10), [&] { return attempts_ >= count; }));
  }
  std::atomic<bool> failing{false};

 private:
  std::unique_ptr<store::Store> real_;
  std::mutex mutex_;
  std::condition_variable open_, seen_;
  bool held_ = false;
  int attempts_ = 0;
};

}  // namespace

TEST_CASE("messages and state are there after a restart", "[memory]") {
  const test::TempFolder folder;
  const std::string id = io::random_uuid();
  for (int round = 0; round < 2; ++round) {
    const auto store = store::open_sqlite(folder / "exai.db");
    REQUIRE(store);
    ConversationMemory memory((*store)->conversations(), system_clock(), {}, nullptr);
    REQUIRE(memory.append(id, "alice", exchange("one"), {}, round == 0));
    REQUIRE(memory.update(id, "alice", {}, false, [](Json& state) -> Result<void> {
      if (state.is_null()) state = Json::object();
      state["steps"] = state.value("steps", 0) + 1;
      return {};
    }));
  }
  const auto store = store::open_sqlite(folder / "exai.db");
  ConversationMemory memory((*store)->conversations(), system_clock(), {}, nullptr);
  const auto thread = memory.load(id, "alice", {});
  REQUIRE(thread);
  CHECK(thread->messages.size() == 4);
  CHECK(thread->messages[1].content == "answer to one");
  CHECK(thread->state["steps"] == 2);
}

TEST_CASE("a conversation does not exist for other callers, also after a restart", "[memory]") {
  const test::TempFolder folder;
  {
    const auto store = store::open_sqlite(folder / "exai.db");
    ConversationMemory memory((*store)->conversations(), system_clock(), {}, nullptr);
    REQUIRE(memory.append("a", "alice", exchange("one"), {}, true));
    CHECK(memory.load("a", "bob", {}).error().kind == ErrorKind::not_found);
    CHECK(memory.append("a", "bob", exchange("two"), {}, false).error().kind == ErrorKind::not_found);
  }
  const auto store = store::open_sqlite(folder / "exai.db");
  ConversationMemory memory((*store)->conversations(), system_clock(), {}, nullptr);
  CHECK(memory.load("a", "bob", {}).error().kind == ErrorKind::not_found);
  const auto changed = memory.update("a", "bob", {}, false, [](Json&) -> Result<void> { return {}; });
  REQUIRE(!changed);
  CHECK(changed.error().kind == ErrorKind::not_found);
  CHECK(memory.load("a", "alice", {})->messages.size() == 2);
}

TEST_CASE("conversations expire by their last change and have a message limit", "[memory]") {
  MovedClock clock;
  const auto store = store::open_sqlite(":memory:", clock);
  ConversationMemory memory((*store)->conversations(), clock, {}, nullptr);
  const engine::ConversationRules rules{std::chrono::hours(24), 4};
  REQUIRE(memory.append("a", "alice", exchange("one"), rules, true));
  clock.now += Millis(std::chrono::hours(20)).count();
  REQUIRE(memory.append("a", "alice", exchange("two"), rules, true));
  clock.now += Millis(std::chrono::hours(20)).count();
  CHECK(memory.load("a", "alice", rules)->messages.size() == 4);
  const auto full = memory.append("a", "alice", exchange("three"), rules, true);
  REQUIRE(!full);
  CHECK(full.error().kind == ErrorKind::budget);
  CHECK(full.error().hint.find("MAX_CONVERSATION_TURNS") != std::string::npos);
  clock.now += Millis(std::chrono::hours(20)).count();
  CHECK(memory.load("a", "alice", rules).error().kind == ErrorKind::not_found);
  CHECK(memory.append("a", "alice", exchange("four"), rules, true).error().kind == ErrorKind::not_found);
}

TEST_CASE("a failed change changes nothing, and no change is lost between threads", "[memory]") {
  const auto store = store::open_sqlite(":memory:");
  ConversationMemory memory((*store)->conversations(), system_clock(), {}, nullptr);
  const auto count = [](Json& state) -> Result<void> {
    if (state.is_null()) state = Json::object();
    state["n"] = state.value("n", 0) + 1;
    return {};
  };
  CHECK(memory.update("a", "alice", {}, false, count).error().kind == ErrorKind::not_found);
  REQUIRE(memory.update("a", "alice", {}, true, count));
  const auto refused = memory.update("a", "alice", {}, false, [](Json& state) -> Result<void> {
    state["n"] = "spoilt";
    return fail(ErrorKind::invalid, "no");
  });
  CHECK(refused.error().kind == ErrorKind::invalid);
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i)
        if (!memory.update("a", "alice", {}, false, count)) ++failures;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  CHECK(memory.load("a", "alice", {})->state["n"] == 801);
  memory.flush();
  CHECK((*store)->conversations().load("a", std::chrono::hours(24))->state == R"({"n":801})");
}

TEST_CASE("few conversations stay in memory, all in the store", "[memory]") {
  const auto store = store::open_sqlite(":memory:");
  ConversationMemory memory((*store)->conversations(), system_clock(), {.conversations = 4}, nullptr);
  for (int i = 0; i < 40; ++i) {
    REQUIRE(memory.append("t" + std::to_string(i), "alice", exchange("q" + std::to_string(i)), {}, true));
    memory.flush();
  }
  CHECK(memory.counts().conversations <= 5);
  for (int i = 0; i < 40; ++i)
    CHECK(memory.load("t" + std::to_string(i), "alice", {})->messages[0].content == "q" + std::to_string(i));
}

TEST_CASE("only a small conversation in memory is available without waiting", "[memory]") {
  const auto store = store::open_sqlite(":memory:");
  ConversationMemory memory((*store)->conversations(), system_clock(), {}, nullptr);
  const auto keep = [&](std::size_t size) {
    return memory.update("a", "alice", {}, true, [&](Json& state) -> Result<void> {
      state = std::string(size, 'x');
      return {};
    });
  };
  CHECK(memory.is_quick(""));
  CHECK_FALSE(memory.is_quick("a"));
  REQUIRE(keep(10));
  memory.flush();  // while the writer has it, it is not there either
  CHECK(memory.is_quick("a"));
  REQUIRE(keep(200'000));
  memory.flush();
  CHECK_FALSE(memory.is_quick("a"));
  CHECK(memory.load("a", "alice", {})->state == std::string(200'000, 'x'));
}

TEST_CASE("a store that fails is retried and nothing is lost", "[memory]") {
  StubbornStore store(std::move(*store::open_sqlite(":memory:")));
  store.failing = true;
  std::atomic<int> expected_errors{0}, other_errors{0};
  {
    // On the writer's thread, where nothing may be checked.
    ConversationMemory memory(store, system_clock(), {}, [&](const Error& error) {
      ++(error.message == "the disk is full" ? expected_errors : other_errors);
    });
    REQUIRE(memory.append("a", "alice", exchange("one"), {}, true));
    store.wait_for_attempts(1);
    CHECK(memory.load("a", "alice", {})->messages.size() == 2);
    REQUIRE(memory.append("a", "alice", exchange("two"), {}, true));
    store.failing = false;
  }  // ends only when all is written
  CHECK(expected_errors >= 1);
  CHECK(other_errors == 0);
  const auto kept = store.load("a", std::chrono::hours(24));
  REQUIRE(kept);
  CHECK(kept->messages.size() == 4);
}

TEST_CASE("a write that fails during shutdown is retried once", "[memory]") {
  for (int round = 0; round < 50; ++round) {
    StubbornStore store(std::move(*store::open_sqlite(":memory:")));
    {
      ConversationMemory memory(store, system_clock(), {}, nullptr);
      store.failing = true;
      REQUIRE(memory.append("a", "alice", exchange("one"), {}, true));
      store.wait_for_attempts(1);
      store.failing = false;
    }
    REQUIRE(store.load("a", std::chrono::hours(24)));
  }
}

TEST_CASE("a store that falls behind makes callers wait, then fails the call", "[memory][slow]") {
  StubbornStore store(std::move(*store::open_sqlite(":memory:")));
  store.hold(true);
  ConversationMemory memory(store, system_clock(),
                            {.conversations = 100, .unwritten_bytes = 1000, .patience = Millis{50}}, nullptr);
  REQUIRE(memory.append("a", "alice", exchange(std::string(2000, 'x')), {}, true));
  store.wait_for_attempts(1);
  const auto refused = memory.append("b", "alice", exchange("y"), {}, true);
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::busy);
  store.hold(false);
  memory.flush();
  CHECK(memory.append("b", "alice", exchange("y"), {}, true));
}

namespace {

ConversationMemory::OpenJournal journal_in(const Scratch& scratch) {
  return [folder = scratch.path()] { return io::Journal::open(folder, "test"); };
}

/// What a new server finds: the store with what was in the journal.
std::vector<store::Message> messages_after_restart(const Scratch& scratch, const std::string& id) {
  engine::LazyStore store({.file = scratch / "exai.db"}, system_clock());
  const auto found = store.conversations().load(id, std::chrono::hours(24));
  return found ? found->messages : std::vector<store::Message>{};
}

}  // namespace

TEST_CASE("what was answered outlives a process whose store saved nothing", "[memory][journal]") {
  const Scratch living, scratch;
  StubbornStore away(std::move(*store::open_sqlite(":memory:")));
  away.failing = true;  // only the journal can have it
  ConversationMemory memory(away, system_clock(), {}, nullptr, journal_in(living));
  REQUIRE(memory.append("a", "alice", exchange("one"), {}, true));
  REQUIRE(memory.append("a", "alice", exchange("two"), {}, false));
  REQUIRE(memory.update("a", "alice", {}, false, [](Json& state) -> Result<void> {
    state = {{"step", 7}};
    return {};
  }));
  // What a kill would leave now.
  for (const auto& entry : std::filesystem::directory_iterator(living.path()))
    std::filesystem::copy_file(entry.path(), scratch / entry.path().filename().string());
  engine::LazyStore store({.file = scratch / "exai.db"}, system_clock());
  const auto found = store.conversations().load("a", std::chrono::hours(24));
  REQUIRE(found);
  REQUIRE(found->messages.size() == 4);
  CHECK(found->messages[2].content == "two");
  CHECK(found->owner == "alice");
  CHECK(found->state == R"({"step":7})");
  CHECK(store.recovered() == 3);
  // It is brought in once: the journal is gone.
  CHECK_FALSE(io::any_journal(scratch.path()));
}

TEST_CASE("a store that stays broken is reported at the end, and the next start restores everything",
          "[memory][journal]") {
  const Scratch scratch;
  {
    StubbornStore store(std::move(*store::open_sqlite(":memory:")));
    store.failing = true;
    ConversationMemory memory(store, system_clock(), {}, nullptr, journal_in(scratch));
    REQUIRE(memory.append("a", "alice", exchange("one"), {}, true));
    store.wait_for_attempts(1);
    const Result<void> closed = memory.close();
    REQUIRE_FALSE(closed);
    CHECK(closed.error().message.find("the disk is full") != std::string::npos);
    CHECK(closed.error().hint.find("next start") != std::string::npos);
    CHECK(memory.trouble());
  }
  CHECK(messages_after_restart(scratch, "a").size() == 2);
}

TEST_CASE("what cannot be journalled is not acknowledged, and writing resumes when it can",
          "[memory][journal]") {
  auto real = store::open_sqlite(":memory:");
  REQUIRE(real);
  bool full = true;
  const Scratch scratch;
  int errors = 0;
  ConversationMemory memory((*real)->conversations(), system_clock(), {}, [&](const Error&) { ++errors; },
                            [&]() -> Result<std::unique_ptr<io::Journal>> {
                              if (full)
                                return fail(ErrorKind::unreachable, "no space left on device", "make room");
                              return io::Journal::open(scratch.path(), "test");
                            });
  const auto refused = memory.append("a", "alice", exchange("one"), {}, true);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message == "no space left on device");
  CHECK(errors == 1);
  REQUIRE(memory.trouble());
  const auto changed = memory.update("a", "alice", {}, false, [](Json& state) -> Result<void> {
    state = 1;
    return {};
  });
  CHECK_FALSE(changed);
  CHECK(memory.load("a", "alice", {})->messages.empty());
  CHECK(memory.load("a", "alice", {})->state.is_null());
  full = false;
  CHECK_FALSE(memory.trouble());
  CHECK(memory.append("a", "alice", exchange("one"), {}, false));
  CHECK(memory.close());
}

TEST_CASE("a journal whose records are all in the store is removed with the server", "[memory][journal]") {
  const Scratch scratch;
  {
    auto real = store::open_sqlite(scratch / "exai.db");
    REQUIRE(real);
    ConversationMemory memory((*real)->conversations(), system_clock(), {.gather = Millis{1}}, nullptr,
                              journal_in(scratch));
    for (int i = 0; i < 200; ++i)
      REQUIRE(
          memory.append("a" + std::to_string(i % 7), "alice", exchange("x"), {.max_messages = 1000}, i < 7));
    CHECK(io::any_journal(scratch.path()));
    CHECK(memory.close());
  }
  CHECK_FALSE(io::any_journal(scratch.path()));
}

TEST_CASE("with durability power a change is on the disk, and no quick answer waits for that",
          "[memory][journal]") {
  const Scratch scratch;
  auto real = store::open_sqlite(scratch / "exai.db");
  REQUIRE(real);
  ConversationMemory memory((*real)->conversations(), system_clock(), {.power = true}, nullptr,
                            journal_in(scratch));
  CHECK(memory.append("a", "alice", exchange("one"), {}, true));
  CHECK_FALSE(memory.is_quick("a"));
}
