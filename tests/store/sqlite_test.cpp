// What is SQLite's own; what holds for every home stands in contract_test.cpp.
#include "store/home.hpp"
#include "store/sql/migrate.hpp"
#include "store/sqlite_db.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"

#include <atomic>
#include <thread>

#include <sys/stat.h>

using namespace exai;

TEST_CASE("a text may hold a zero byte", "[store]") {
  const auto store = store::open_sqlite(":memory:");
  REQUIRE(store);
  const std::string odd("zero \0 byte", 11);
  store::RunRecord run;
  run.report_json = odd;
  REQUIRE((*store)->runs().save(run));
  CHECK((*store)->runs().load(1)->at(0).report_json == odd);
}

TEST_CASE("the file is for its owner only", "[store]") {
  const test::TempFolder folder;
  REQUIRE(store::open_sqlite(folder / "state" / "exai.db"));
  struct stat facts {};
  REQUIRE(::stat((folder / "state" / "exai.db").c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
}

TEST_CASE("a lazy store touches nothing before it is used, and prepares once", "[store]") {
  const test::TempFolder folder;
  int prepared = 0;
  bool refuse = true;
  const auto store = store::lazy_store(
      {.file = folder / "exai.db"}, system_clock(), [&](store::Store& opened) -> Result<void> {
        ++prepared;
        if (refuse) return fail(ErrorKind::unreachable, "not yet");
        return opened.spend().add({{.day = "d", .provider = "p", .model = "m", .calls = 1}});
      });
  store::Spend& spend = store->spend();
  CHECK(prepared == 0);
  CHECK(!std::filesystem::exists(folder / "exai.db"));
  CHECK(store->ping().error().message == "not yet");
  CHECK(spend.load("d").error().message == "not yet");
  refuse = false;
  CHECK(spend.load("d")->at(0).calls == 1);
  CHECK(store->ping());
  CHECK(prepared == 3);  // twice in vain
}

TEST_CASE("a lazy store is opened by one of those who come at the same time", "[store]") {
  const test::TempFolder folder;
  std::atomic<int> prepared{0}, failures{0};
  const auto store = store::lazy_store({.file = folder / "exai.db"}, system_clock(), [&](store::Store&) {
    ++prepared;
    return Result<void>{};
  });
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      if (!store->ping()) ++failures;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(prepared == 1);
  CHECK(failures == 0);
}

TEST_CASE("a database of a newer program, or none at all, is refused with the way out", "[store]") {
  const test::TempFolder folder;
  {
    auto db = store::SqliteDatabase::open(folder / "newer.db");
    REQUIRE(db);
    REQUIRE(store::sql::migrate(**db, {{"0099_future", "CREATE TABLE future (id INTEGER)"}}));
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

TEST_CASE("a statement that takes too long is interrupted", "[store]") {
  auto db = store::SqliteDatabase::open(":memory:");
  REQUIRE(db);
  (*db)->set_deadline(Deadline::after(Millis{20}));
  auto endless = (*db)->prepare(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n");
  REQUIRE(endless);
  const auto row = (*endless)->step();
  REQUIRE(!row);
  CHECK(row.error().kind == ErrorKind::timeout);
}

TEST_CASE("parameters are bound as they are first mentioned, and may be mentioned again", "[store]") {
  auto db = store::SqliteDatabase::open(":memory:");
  REQUIRE(db);
  auto query = (*db)->prepare("SELECT $1, $2, $1 || $3");
  REQUIRE(query);
  for (const std::int64_t number : {7, 8}) {
    REQUIRE((*query)->reset().bind("a").bind(number).bind("c").step().value());
    CHECK((*query)->text(0) == "a");
    CHECK((*query)->number(1) == number);
    CHECK((*query)->text(2) == "ac");
  }
}

TEST_CASE("a transaction that is not committed leaves nothing", "[store]") {
  auto db = store::SqliteDatabase::open(":memory:");
  REQUIRE(db);
  REQUIRE((*db)->execute("CREATE TABLE t (id INTEGER)"));
  for (const bool commit : {false, true}) {
    store::sql::Transaction change(**db);
    REQUIRE(change.begin());
    REQUIRE((*db)->execute("INSERT INTO t VALUES (1)"));
    if (commit) REQUIRE(change.commit());
  }
  auto query = (*db)->prepare("SELECT count(*) FROM t");
  REQUIRE((*query)->step().value());
  CHECK((*query)->number(0) == 1);
}
