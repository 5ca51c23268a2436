// A store moved between homes: everything arrives, an interrupted copy goes on, nothing is mixed.
#include "store/copy.hpp"

#include "store/postgres_db.hpp"
#include "store/schema.hpp"
#include "store/sessions.hpp"
#include "store/sqlite_db.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/store/postgres_server.hpp"

#include <algorithm>
#include <set>

#include <fmt/core.h>

using namespace exai;
using store::CopiedTable;
using store::Home;
using test::PostgresServer;
using test::TempFolder;

namespace {

Wall millis(std::int64_t at) {
  return Wall(Millis(at));
}

const std::string k_odd = "Ünïcode \xF0\x9F\xA6\x8A, 'quotes', \\ and\nlines";
const std::string k_nul("a NUL \0 here", 12);

std::unique_ptr<store::sql::Database> opened(const Home& home) {
  if (home.shared()) {
    auto db = store::PostgresDatabase::open(home.url, Deadline::after(Millis{20'000}));
    REQUIRE(db);
    return std::move(*db);
  }
  auto db = store::SqliteDatabase::open(home.file);
  REQUIRE(db);
  return std::move(*db);
}

void does(const Home& home, const std::string& sql) {
  const auto db = opened(home);
  const auto done = db->execute(store::sql::with_schema(sql, db->dialect()));
  if (!done) FAIL(done.error().message);
}

std::vector<std::string> texts(const Home& home, const std::string& sql) {
  const auto db = opened(home);
  const auto query = db->prepare(sql);
  REQUIRE(query);
  const auto rows = store::sql::read_all(**query, [](const auto& row) { return row.text(0); });
  if (!rows) FAIL(rows.error().message);
  return *rows;
}

void fill_conversations(store::Store& all, std::int64_t many) {
  std::vector<store::ConversationChange> changes;
  for (std::int64_t i = 0; i < many; ++i) {
    store::ConversationChange change;
    change.id = fmt::format("conversation-{}", i);
    change.owner = k_odd;
    change.created = millis(1'700'000'000'000 + i);
    change.updated = millis(1'700'000'000'500 + i);
    change.messages = {{"user", i == 0 ? k_nul : k_odd, "chat", "kimi", "k2", millis(i + 1)},
                       {"assistant", std::string(200, 'x'), "chat", "", "", millis(i + 2)}};
    if (i % 2 == 0) change.state = R"({"step":1})";
    changes.push_back(std::move(change));
  }
  REQUIRE(all.conversations().save(changes));
}

void fill_records(store::Store& all) {
  for (int i = 0; i < 3; ++i)
    REQUIRE(
        all.runs().save({fmt::format("run{}", i), "daily", "h", "1", "pass", "{}", millis(5), Millis(7), i}));
  REQUIRE(all.spend().add({{"2026-11-21", "kimi", "k2", 1, 2, 3, 4, 9'000'000'000'000'000}}));
  REQUIRE(all.files().save({"glm", "file-1", "ab", "agent", k_odd, "me", 1LL << 40, millis(1), millis(2)}));
  store::TestRunRecord run;
  run.key = "key";
  run.at = millis(1'700'000'000'123);
  run.name = "suite";
  store::ResultRecord result;
  result.tool = "chat";
  result.status = store::Outcome::fail;
  result.duration = 0.1234567;
  result.memory_mb = 0.1;
  result.cost_usd = 1.0 / 3;
  result.tokens = 12;
  store::ResultRecord bare;
  bare.tool = "listmodels";
  bare.status = store::Outcome::pass;
  REQUIRE(all.test_runs().save(run, {result, bare, bare}));
}

/// What the aggregates have no words for yet.
void fill_others(const Home& home) {
  const std::string one = texts(home, "SELECT min(id) FROM @test_results").front(),
                    of = texts(home, "SELECT min(id) FROM @test_runs").front();
  const bool postgres = home.shared();
  const std::string at = postgres ? "to_timestamp(1700000000.5)" : "1700000000500";
  does(home,
       fmt::format(
           "INSERT INTO @watcher_insights (test_result_id, quality_score, weaknesses, confidence_level,"
           " raw_observation, created_at) VALUES ({0}, 4, '[\"a\",  \"b\"]', 'high', '{{\"zz\":1,\"a\":[1, "
           "2]}}', {1});"
           "INSERT INTO @issues (issue_code, title, description, category, priority, first_detected_run_id,"
           " created_at, updated_at) VALUES ('I1', 't', 'd', 'production', 'LOW', {2}, {1}, {1});"
           "INSERT INTO @issue_occurrences (issue_id, run_id, test_result_id, created_at)"
           " SELECT id, {2}, {0}, {1} FROM @issues;"
           "INSERT INTO @ops_events (at, run_id, kind, subject, status, summary, host)"
           " VALUES ({1}, 'r', 'k', 's', 'ok', 'x', 'h');"
           "INSERT INTO @alert_history (alert, severity, state, value, threshold, summary, at)"
           " VALUES ('a', 'warn', 'firing', '1', '2', 's', {1});"
           "INSERT INTO @key_rotations (key_name, step, outcome, fingerprint, actor, at)"
           " VALUES ('glm', 'add', 'done', 'ab', 'me', {1});"
           "INSERT INTO @backups (id, path, contents, bytes, sha256, encrypted, verified, created_at)"
           " VALUES ('b', '/b', 'db', 5, 'ab', {3}, NULL, {1});"
           "INSERT INTO @runbook_acks (run_id, step, actor, outcome, note, at)"
           " VALUES ('r', 's', 'me', 'done', '', {1})",
           one, at, of, postgres ? "true" : "1"));
}

/// Something in every table; `many` conversations.
void fill(const Home& home, std::int64_t many) {
  const auto made = store::open_store(home);
  REQUIRE(made);
  fill_conversations(**made, many);
  fill_records(**made);
  fill_others(home);
}

std::vector<CopiedTable> copied(const Home& from, const Home& to) {
  auto tables = store::copy_store(from, to);
  if (!tables) FAIL(tables.error().message + " | " + tables.error().hint);
  for (const CopiedTable& table : *tables) {
    INFO(table.name << " " << table.source << " " << table.target);
    CHECK(table.same);
    CHECK(table.source > 0);
  }
  return std::move(*tables);
}

Home postgres_home(const std::string& name) {
  return {.file = {}, .url = PostgresServer::shared().database_of(name)};
}

}  // namespace

TEST_CASE("a copy knows every table and column that the migrations make", "[store][copy]") {
  const TempFolder folder;
  const Home file{.file = folder / "exai.db"}, shared = postgres_home("copy_columns");
  for (const Home& home : {file, shared}) REQUIRE(store::migrate_schema(home));
  const auto known = store::copied_columns();
  std::set<std::string> tables;
  for (const auto& [table, columns] : known) {
    tables.insert(table);
    std::set<std::string> expected(columns.begin(), columns.end());
    const auto there = texts(file, fmt::format("SELECT name FROM pragma_table_info('{}')", table));
    CHECK(std::set<std::string>(there.begin(), there.end()) == expected);
    if (table == "runs") expected.insert("arrival");  // the home's own
    const auto in_postgres =
        texts(shared, fmt::format("SELECT column_name::text FROM information_schema.columns"
                                  " WHERE table_schema = 'exai' AND table_name = '{}'",
                                  table));
    CHECK(std::set<std::string>(in_postgres.begin(), in_postgres.end()) == expected);
  }
  tables.insert("schema_version");
  const auto all = texts(shared, "SELECT tablename::text FROM pg_tables WHERE schemaname = 'exai'");
  CHECK(std::set<std::string>(all.begin(), all.end()) == tables);
}

TEST_CASE("a store goes from a file to PostgreSQL and back, and every row with it", "[store][copy]") {
  const TempFolder folder;
  const Home file{.file = folder / "exai.db"}, shared = postgres_home("copy_there"),
                                               again{.file = folder / "again.db"},
                                               other = postgres_home("copy_other");
  fill(file, 1200);
  const auto there = copied(file, shared);
  CHECK(there.front().copied == 1200);
  static_cast<void>(copied(shared, again));
  static_cast<void>(copied(shared, other));
  const auto home = store::open_store(shared);
  REQUIRE(home);
  const auto conversation = (*home)->conversations().load("conversation-0", std::chrono::hours(24 * 3650));
  REQUIRE(conversation);
  CHECK(conversation->owner == k_odd);
  CHECK(conversation->state == R"({"step":1})");
  REQUIRE(conversation->messages.size() == 2);
  CHECK(conversation->messages[0].content == k_nul);
  CHECK((*home)->runs().load(5)->size() == 3);
  CHECK((*home)->spend().load("2026-11-21")->front().nano_usd == 9'000'000'000'000'000);
  CHECK((*home)->files().load("glm")->front().bytes == 1LL << 40);
  // What the home numbers next comes after what was copied.
  store::TestRunRecord next;
  next.key = "next";
  REQUIRE((*home)->test_runs().save(next, {}));
  CHECK((*home)->test_runs().list({})->size() == 2);
  // The way back is the same as the first one was.
  CHECK(texts(again, "SELECT content FROM turns ORDER BY conversation, position") ==
        texts(file, "SELECT content FROM turns ORDER BY conversation, position"));
  CHECK(texts(again, "SELECT run_timestamp FROM test_runs") == std::vector<std::string>{"1700000000123"});
  CHECK(texts(again, "SELECT count(*) FROM test_results WHERE memory_mb = 0.1") ==
        std::vector<std::string>{"1"});
  CHECK(store::verify_schema(shared)->empty());
}

TEST_CASE("a copy that is interrupted anywhere goes on there, and doubles nothing", "[store][copy]") {
  const TempFolder folder;
  const Home file{.file = folder / "exai.db"};
  fill(file, 1000);
  for (const bool to_postgres : {true, false}) {
    const Home target = to_postgres ? postgres_home("copy_resumed") : Home{.file = folder / "target.db"};
    int interruptions = 0;
    for (;;) {
      std::stop_source stop;
      int batches = 0;
      const auto tables = store::copy_store(
          file, target, {.stop = stop.get_token(), .on_batch = [&](std::string_view, std::int64_t) {
                           if (++batches == 2) stop.request_stop();
                         }});
      if (tables) break;
      REQUIRE(tables.error().kind == ErrorKind::cancelled);
      REQUIRE(++interruptions < 100);
      // Another source does not get in between.
      if (interruptions == 1) {
        const Home stranger{.file = folder / "stranger.db"};
        REQUIRE(store::open_store(stranger));
        CHECK(store::copy_store(stranger, target).error().kind == ErrorKind::refused);
      }
    }
    CHECK(interruptions >= 3);
    CHECK(texts(target, "SELECT count(*) FROM @turns") == std::vector<std::string>{"2000"});
    CHECK(store::copy_store(file, target).error().kind == ErrorKind::refused);  // it is done
  }
}

TEST_CASE("a target that holds something, a source that is none and one home twice are refused",
          "[store][copy]") {
  const TempFolder folder;
  const Home file{.file = folder / "exai.db"}, used{.file = folder / "used.db"},
      old{.file = folder / "old.db"};
  fill(file, 2);
  fill(used, 1);
  const auto refused = store::copy_store(file, used);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::refused);
  CHECK(refused.error().message.find("conversations") != std::string::npos);
  CHECK(store::copy_store({.file = folder / "nowhere.db"}, {.file = folder / "new.db"}).error().kind ==
        ErrorKind::missing_input);
  CHECK_FALSE(std::filesystem::exists(folder / "new.db"));
  CHECK(store::copy_store(file, {.file = folder.path() / "." / "exai.db"}).error().kind == ErrorKind::config);
  REQUIRE(store::SqliteDatabase::open(old.file));
  CHECK(store::copy_store(old, {.file = folder / "new.db"}).error().kind == ErrorKind::config);
}

TEST_CASE("what changes behind the copy is found by the comparison", "[store][copy]") {
  const TempFolder folder;
  const Home file{.file = folder / "exai.db"}, target{.file = folder / "target.db"};
  fill(file, 3);
  bool changed = false;
  const auto tables = store::copy_store(file, target, {.on_batch = [&](std::string_view table, std::int64_t) {
                                          if (table != "spend" || changed) return;
                                          changed = true;
                                          does(file,
                                               "UPDATE turns SET content = 'changed' WHERE position = 1;"
                                               "DELETE FROM runs WHERE run_id = 'run0'");
                                        }});
  REQUIRE(tables);
  for (const CopiedTable& table : *tables) {
    INFO(table.name);
    CHECK(table.same == (table.name != "turns" && table.name != "runs"));
  }
}

TEST_CASE("conversations are listed without what was said", "[store][sessions]") {
  const TempFolder folder;
  const Home file{.file = folder / "exai.db"}, shared = postgres_home("sessions"),
                                               none{.file = folder / "none.db"};
  CHECK(store::list_sessions(none, 10)->empty());
  CHECK_FALSE(std::filesystem::exists(none.file));
  for (const Home& home : {file, shared}) {
    fill(home, 5);
    const auto listed = store::list_sessions(home, 3);
    REQUIRE(listed);
    REQUIRE(listed->size() == 3);
    CHECK(listed->front().id == "conversation-4");
    CHECK(listed->front().owner == k_odd);
    CHECK(listed->front().turns == 2);
    CHECK(listed->front().updated == millis(1'700'000'000'504));
    CHECK(listed->front().workflow);
    CHECK_FALSE((*listed)[1].workflow);
    CHECK(listed->front().characters > 200);
  }
}
