// Several servers with one store: conversations go on at another, and what happens when two change one.
#include "engine/conversations/memory.hpp"
#include "engine/conversations/reconcile.hpp"
#include "io/random.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/store/homes.hpp"

#include <atomic>
#include <thread>

#include <fmt/core.h>

using namespace exai;
using engine::ConversationMemory;

namespace {

/// A store whose way can be cut: before a write, or after it when only the answer is lost.
class CutStore : public store::Conversations {
 public:
  enum class Cut : std::uint8_t { none, before, after };
  explicit CutStore(store::Conversations& real) : real_(real) {}
  Result<void> save(const std::vector<store::ConversationChange>& changes) override {
    const Cut now = cut;
    if (now == Cut::before) return away();
    const auto done = real_.save(changes);
    if (now != Cut::after || !done) return done;
    cut = Cut::none;
    return fail(ErrorKind::timeout, "no answer in time");
  }
  Result<void> restore(const std::vector<store::ConversationChange>& changes) override {
    return real_.restore(changes);
  }
  Result<store::Conversation> load(const std::string& id, Millis ttl) override {
    if (cut == Cut::before) return away();
    return real_.load(id, ttl);
  }
  Result<std::size_t> expire(Millis ttl) override { return real_.expire(ttl); }

  std::atomic<Cut> cut{Cut::none};

 private:
  static tl::unexpected<Error> away() { return fail(ErrorKind::unreachable, "connection refused"); }
  store::Conversations& real_;
};

/// One server of several.
struct Replica {
  explicit Replica(store::Conversations& shared, ConversationMemory::OpenJournal journal = {})
      : store(shared),
        memory(
            store, system_clock(), {.patience = Millis{2000}, .gather = Millis{0}, .shared = true},
            [this](const Error&) { ++failures; }, std::move(journal)) {}
  Result<void> say(const std::string& id, const std::string& text, bool begin = false) {
    return memory.append(id, "ada", {{"user", text, "chat", "glm", "glm-4.6", system_clock().wall()}}, rules,
                         begin);
  }
  Result<void> set(const std::string& id, const std::string& value, bool begin = false) {
    const auto change = [&](Json& state) -> Result<void> {
      state = Json{{"value", value}};
      return {};
    };
    return memory.update(id, "ada", rules, begin, change);
  }
  std::string said(const std::string& id) {
    const auto found = memory.load(id, "ada", rules);
    if (!found) return found.error().message;
    std::string all;
    for (const store::Message& message : found->messages) all += message.content + " ";
    return all;
  }
  std::string state(const std::string& id) {
    const auto found = memory.load(id, "ada", rules);
    return found && found->state.is_object() ? found->state["value"].get<std::string>() : "";
  }

  engine::ConversationRules rules{.ttl = Millis{3'600'000}, .max_messages = 1000};
  std::atomic<int> failures{0};
  CutStore store;
  ConversationMemory memory;
};

std::string new_id() {
  return io::time_ordered_uuid(system_clock().wall());
}

std::vector<const test::Home*> shared_homes() {
  std::vector<const test::Home*> homes;
  for (const test::Home& home : test::homes())
    if (home.name == "SQLite memory" || home.name == "PostgreSQL") homes.push_back(&home);
  return homes;
}

/// Two servers with one store of that home.
struct Pair {
  explicit Pair(const test::Home& home) : store(opened(home, folder)) {}
  static std::unique_ptr<store::Store> opened(const test::Home& home, const test::TempFolder& folder) {
    auto store = home.open(folder.path(), system_clock());
    REQUIRE(store);
    return std::move(*store);
  }
  test::TempFolder folder;
  std::unique_ptr<store::Store> store;
  Replica first{store->conversations()}, second{store->conversations()};
};

}  // namespace

TEST_CASE("a conversation goes on at another server, which sees all that was answered", "[memory][shared]") {
  const test::Home& home = *GENERATE(from_range(shared_homes()));
  CAPTURE(home.name);
  Pair pair(home);
  Replica &first = pair.first, &second = pair.second;
  const std::string id = new_id();
  REQUIRE(first.say(id, "1", true));
  for (int turn = 2; turn <= 9; turn += 2) {
    REQUIRE(second.say(id, std::to_string(turn)));
    REQUIRE(first.say(id, std::to_string(turn + 1)));
  }
  CHECK(first.said(id) == "1 2 3 4 5 6 7 8 9 ");
  CHECK(second.said(id) == "1 2 3 4 5 6 7 8 9 ");
  REQUIRE(first.set(id, "a"));
  CHECK(second.state(id) == "a");
  REQUIRE(second.set(id, "b"));
  CHECK(first.state(id) == "b");
  CHECK(first.failures + second.failures == 0);
}

TEST_CASE("two servers that add to one conversation at the same time lose nothing and double nothing",
          "[memory][shared]") {
  const test::Home& home = *GENERATE(from_range(shared_homes()));
  CAPTURE(home.name);
  Pair pair(home);
  Replica &first = pair.first, &second = pair.second;
  const std::string id = new_id();
  REQUIRE(first.say(id, "start", true));
  constexpr int k_turns = 20;
  std::atomic<int> refused{0};
  const auto talk = [&](Replica& replica, const char* name) {
    for (int turn = 0; turn < k_turns; ++turn)
      if (!replica.say(id, fmt::format("{}{}", name, turn))) ++refused;
  };
  std::thread one([&] { talk(first, "a"); }), other([&] { talk(second, "b"); });
  one.join();
  other.join();
  CHECK(refused == 0);
  const auto all = pair.store->conversations().load(id, Millis{3'600'000});
  REQUIRE(all);
  REQUIRE(all->messages.size() == 1 + 2 * k_turns);
  // Each server's own come in their order.
  for (const char* const name : {"a", "b"}) {
    int next = 0;
    for (const store::Message& message : all->messages)
      if (message.content == fmt::format("{}{}", name, next)) ++next;
    CHECK(next == k_turns);
  }
  CHECK(first.said(id) == second.said(id));
}

TEST_CASE("of two servers that change a state at the same time one is told, and the other's stands",
          "[memory][shared]") {
  const test::Home& home = *GENERATE(from_range(shared_homes()));
  CAPTURE(home.name);
  Pair pair(home);
  Replica &first = pair.first, &second = pair.second;
  const std::string id = new_id();
  REQUIRE(first.set(id, "begin", true));
  // The second one changes it while the first one is changing it.
  const auto slow = first.memory.update(id, "ada", first.rules, false, [&](Json& state) -> Result<void> {
    REQUIRE(second.set(id, "second"));
    state = Json{{"value", "first"}};
    return {};
  });
  REQUIRE_FALSE(slow);
  CHECK(slow.error().kind == ErrorKind::busy);
  CHECK(first.state(id) == "second");
  REQUIRE(first.set(id, "again"));
  CHECK(second.state(id) == "again");
}

TEST_CASE("while the store is away a server goes on with what it has, and brings it there later",
          "[memory][shared]") {
  const test::TempFolder folder;
  const auto store = store::open_sqlite(":memory:");
  REQUIRE(store);
  const auto journal = [&] { return io::Journal::open(folder.path(), "exai-" + new_id()); };
  Replica first((*store)->conversations(), journal), second((*store)->conversations());
  const std::string id = new_id();
  REQUIRE(first.say(id, "1", true));
  first.store.cut = CutStore::Cut::before;
  REQUIRE(first.say(id, "2"));
  CHECK(first.memory.trouble().has_value());
  REQUIRE(first.say(id, "3"));
  CHECK(first.said(id) == "1 2 3 ");
  REQUIRE(second.say(id, "other"));
  first.store.cut = CutStore::Cut::none;
  first.memory.flush();
  CHECK_FALSE(first.memory.trouble().has_value());
  CHECK(first.said(id) == "1 other 2 3 ");
  CHECK(second.said(id) == "1 other 2 3 ");
}

TEST_CASE("without a journal nothing is acknowledged that the shared store does not have",
          "[memory][shared]") {
  const auto store = store::open_sqlite(":memory:");
  REQUIRE(store);
  Replica only((*store)->conversations());
  const std::string id = new_id();
  REQUIRE(only.say(id, "1", true));
  only.store.cut = CutStore::Cut::before;
  const auto lost = only.say(id, "2");
  REQUIRE_FALSE(lost);
  CHECK(lost.error().kind == ErrorKind::unreachable);
}

TEST_CASE("a write whose answer was lost is not made twice", "[memory][shared]") {
  const test::TempFolder folder;
  const auto store = store::open_sqlite(":memory:");
  REQUIRE(store);
  const auto journal = [&] { return io::Journal::open(folder.path(), "exai-" + new_id()); };
  Replica only((*store)->conversations(), journal);
  const std::string id = new_id();
  REQUIRE(only.say(id, "1", true));
  only.store.cut = CutStore::Cut::after;
  REQUIRE(only.say(id, "2"));
  only.memory.flush();
  CHECK(only.said(id) == "1 2 ");
  REQUIRE(only.say(id, "3"));
  CHECK((*store)->conversations().load(id, Millis{3'600'000})->messages.size() == 3);
  only.store.cut = CutStore::Cut::after;
  REQUIRE(only.set(id, "x"));
  only.memory.flush();
  REQUIRE(only.set(id, "y"));
  CHECK(only.state(id) == "y");
}
