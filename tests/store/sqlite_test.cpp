#include "io/random.hpp"
#include "store/sqlite_db.hpp"
#include "store/store.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"

#include <thread>

#include <sys/stat.h>

using namespace exai;
using store::Turn;

namespace {

class HandClock : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return system_clock().steady(); }
  [[nodiscard]] Wall wall() const override { return now; }
  Wall now = Wall(Millis(1'000'000'000'000));
};

constexpr Millis k_ttl = std::chrono::hours(24);

std::vector<Turn> exchange(const std::string& question, const std::string& answer) {
  return {{"user", question, "chat", "glm", "glm-4.6", Wall(Millis(1))},
          {"assistant", answer, "chat", "glm", "glm-4.6", Wall(Millis(2))}};
}

/// The turns at their place, as of now.
Result<void> append(store::Store& store, const std::string& id, const std::vector<Turn>& turns,
                    std::size_t position, Wall now = system_clock().wall()) {
  store::ConversationChange change;
  change.id = id;
  change.owner = "alice";
  change.created = change.updated = now;
  change.position = position;
  change.turns = turns;
  return store.keep_conversations({change});
}

}  // namespace

TEST_CASE("a conversation comes back whole and in order, also after a restart", "[store]") {
  const test::TempFolder folder;
  const HandClock clock;
  const std::string id = io::random_uuid();
  const std::string odd = std::string("quotes ' \" and a zero \0 byte, ", 30) + "Grüße, 你好";
  {
    const auto first = store::open_sqlite(folder / "exai.db", clock);
    REQUIRE(first);
    REQUIRE(append(**first, id, exchange("one", odd), 0, clock.now));
    REQUIRE(append(**first, id, exchange("three", "four"), 2, clock.now));
  }
  const auto again = store::open_sqlite(folder / "exai.db", clock);
  REQUIRE(again);
  const auto known = (*again)->load_conversation(id, k_ttl);
  REQUIRE(known);
  REQUIRE(known->turns.size() == 4);
  CHECK(known->turns[0].content == "one");
  CHECK(known->turns[0].role == "user");
  CHECK(known->turns[1].content == odd);
  CHECK(known->turns[3].content == "four");
  CHECK(known->turns[3].model == "glm-4.6");
  CHECK(known->created == clock.now);
  CHECK(known->owner == "alice");
}

TEST_CASE("the file is for its owner only", "[store]") {
  const test::TempFolder folder;
  REQUIRE(store::open_sqlite(folder / "state" / "exai.db"));
  struct stat facts {};
  REQUIRE(::stat((folder / "state" / "exai.db").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a conversation expires by its last turn", "[store]") {
  HandClock clock;
  const auto opened = store::open_sqlite(":memory:", clock);
  REQUIRE(opened);
  store::Store& store = **opened;
  REQUIRE(append(store, "a", exchange("q", "a"), 0, clock.now));
  clock.now += std::chrono::hours(20);
  REQUIRE(append(store, "a", exchange("q", "a"), 2, clock.now));
  REQUIRE(append(store, "b", exchange("q", "a"), 0, clock.now));
  clock.now += std::chrono::hours(20);
  CHECK(store.load_conversation("a", k_ttl));
  REQUIRE(append(store, "b", exchange("q", "a"), 2, clock.now));
  clock.now += std::chrono::hours(20);
  const auto late = store.load_conversation("a", k_ttl);
  REQUIRE(!late);
  CHECK(late.error().kind == ErrorKind::not_found);
  CHECK(!late.error().hint.empty());
  CHECK(store.expire_conversations(k_ttl).value() == 1);
  CHECK(store.load_conversation("b", k_ttl));
}

TEST_CASE("of several changes all are kept or none", "[store]") {
  const auto opened = store::open_sqlite(":memory:");
  REQUIRE(opened);
  store::Store& store = **opened;
  REQUIRE(append(store, "a", exchange("q", "a"), 0));
  const auto twice = append(store, "a", exchange("q", "a"), 1);  // somebody else's turn stands there
  REQUIRE(!twice);
  CHECK(twice.error().kind == ErrorKind::invalid);
  CHECK(store.load_conversation("a", k_ttl)->turns.size() == 2);
  Turn nonsense = exchange("q", "a")[0];
  nonsense.role = "system";
  CHECK(!append(store, "b", {exchange("q", "a")[0], nonsense}, 0));
  CHECK(store.load_conversation("b", k_ttl).error().kind == ErrorKind::not_found);
}

TEST_CASE("a state is kept beside the turns and stays when only turns come", "[store]") {
  const auto opened = store::open_sqlite(":memory:");
  REQUIRE(opened);
  store::ConversationChange change;
  change.id = "a";
  change.owner = "alice";
  change.created = change.updated = system_clock().wall();
  change.state = R"({"steps":1})";
  REQUIRE((*opened)->keep_conversations({change}));
  REQUIRE(append(**opened, "a", exchange("q", "a"), 0));
  CHECK((*opened)->load_conversation("a", k_ttl)->state == R"({"steps":1})");
  change.state = "";
  REQUIRE((*opened)->keep_conversations({change}));
  CHECK((*opened)->load_conversation("a", k_ttl)->state.empty());
}

TEST_CASE("an unknown conversation is not found", "[store]") {
  const auto opened = store::open_sqlite(":memory:");
  REQUIRE(opened);
  CHECK((*opened)->load_conversation("none", k_ttl).error().kind == ErrorKind::not_found);
  CHECK((*opened)->ping());
}

TEST_CASE("runs come back newest first", "[store]") {
  const auto opened = store::open_sqlite(":memory:");
  REQUIRE(opened);
  for (int i = 0; i < 3; ++i) {
    store::RunRecord run;
    run.run_id = "run" + std::to_string(i);
    run.title = "runbook daily";
    run.verdict = "pass";
    run.report_json = R"({"a":1})";
    run.started = Wall(Millis(1000 + i));
    run.duration = Millis(7);
    run.exit_code = 1;
    REQUIRE((*opened)->save_run(run));
  }
  const auto two = (*opened)->runs(2);
  REQUIRE(two);
  REQUIRE(two->size() == 2);
  CHECK((*two)[0].run_id == "run2");
  CHECK((*two)[0].duration == Millis(7));
  CHECK((*two)[0].exit_code == 1);
  CHECK((*two)[1].started == Wall(Millis(1001)));
}

TEST_CASE("threads share one store", "[store]") {
  const test::TempFolder folder;
  const auto opened = store::open_sqlite(folder / "exai.db");
  REQUIRE(opened);
  std::vector<std::thread> threads;
  std::atomic<int> failures{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 5; ++i)
        if (!append(**opened, "t" + std::to_string(t), exchange("q", "a"), 2 * i)) ++failures;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  for (int t = 0; t < 4; ++t)
    CHECK((*opened)->load_conversation("t" + std::to_string(t), k_ttl)->turns.size() == 10);
}

TEST_CASE("a database of a newer program, or none at all, is refused with the way out", "[store]") {
  const test::TempFolder folder;
  {
    auto db = store::Database::open(folder / "newer.db");
    REQUIRE(db);
    REQUIRE((*db)->migrate({{"0099_future", "CREATE TABLE future (id INTEGER)"}}));
  }
  const auto newer = store::open_sqlite(folder / "newer.db");
  REQUIRE(!newer);
  CHECK(newer.error().kind == ErrorKind::config);
  CHECK(newer.error().message.find("99") != std::string::npos);
  const auto nowhere = store::open_sqlite("/dev/null/exai.db");
  REQUIRE(!nowhere);
  CHECK(nowhere.error().hint.find("EXAI_STATE_DIR") != std::string::npos);
  std::filesystem::create_directories(folder / "text.db");
  CHECK(!store::open_sqlite(folder / "text.db"));
}

TEST_CASE("a migration that breaks leaves the schema as it was", "[store]") {
  auto db = store::Database::open(":memory:");
  REQUIRE(db);
  const auto broken =
      (*db)->migrate({{"0001_good", "CREATE TABLE good (id INTEGER)"}, {"0002_bad", "CREATE NONSENSE"}});
  REQUIRE(!broken);
  CHECK(broken.error().context.front().find("0002_bad") != std::string::npos);
  CHECK((*db)->migrate({{"0001_good", "CREATE TABLE good (id INTEGER)"}}));
}

TEST_CASE("a statement that takes too long is interrupted", "[store]") {
  auto db = store::Database::open(":memory:");
  REQUIRE(db);
  (*db)->set_deadline(Deadline::after(Millis{20}));
  auto endless = (*db)->prepare(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  REQUIRE(endless);
  const auto row = endless->step();
  REQUIRE(!row);
  CHECK(row.error().kind == ErrorKind::timeout);
}

TEST_CASE("files at providers are kept, replaced and forgotten", "[store]") {
  auto opened = store::open_sqlite(":memory:");
  REQUIRE(opened);
  store::Store& store = **opened;
  store::ProviderFile file{.provider = "kimi",
                           .id = "f1",
                           .sha256 = "abc",
                           .purpose = "file-extract",
                           .name = "a.txt",
                           .owner = "alice",
                           .bytes = 3'000'000'000,
                           .uploaded = Wall(Millis(1000)),
                           .used = Wall(Millis(2000))};
  REQUIRE(store.keep_provider_file(file));
  file.used = Wall(Millis(3000));
  REQUIRE(store.keep_provider_file(file));
  auto kept = store.provider_files("kimi");
  REQUIRE(kept);
  REQUIRE(kept->size() == 1);
  CHECK((*kept)[0].id == "f1");
  CHECK((*kept)[0].sha256 == "abc");
  CHECK((*kept)[0].bytes == 3'000'000'000);
  CHECK((*kept)[0].owner == "alice");
  CHECK((*kept)[0].used == Wall(Millis(3000)));
  CHECK(store.provider_files("glm")->empty());
  REQUIRE(store.forget_provider_file("kimi", "f1"));
  REQUIRE(store.forget_provider_file("kimi", "f1"));
  CHECK(store.provider_files("kimi")->empty());
}
