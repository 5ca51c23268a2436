// What only PostgreSQL can get wrong: its own server stopped, frozen and asked by strangers.
#include "core/digest.hpp"
#include "store/postgres_db.hpp"
#include "store/postgres_text.hpp"
#include "store/store.hpp"
#include "tests/catch.hpp"
#include "tests/store/postgres_server.hpp"

#include <thread>

using namespace exai;
using store::PostgresDatabase;
using test::PostgresServer;

namespace {

Deadline soon() {
  return Deadline::after(std::chrono::seconds(20));
}

std::unique_ptr<PostgresDatabase> opened(const Secret& url) {
  auto db = PostgresDatabase::open(url, soon());
  if (!db) FAIL(db.error().message);
  return std::move(*db);
}

Error refused(const Secret& url) {
  const auto db = PostgresDatabase::open(url, soon());
  REQUIRE_FALSE(db);
  return db.error();
}

store::RunRecord run_of(const std::string& id, std::string title = "daily") {
  return {.run_id = id,
          .title = std::move(title),
          .host = "h",
          .version = "1",
          .verdict = "pass",
          .report_json = "{}",
          .started = Wall(Millis(1)),
          .duration = Millis(2),
          .exit_code = 0};
}

}  // namespace

TEST_CASE("a text comes back from PostgreSQL as it was", "[store][postgres]") {
  const std::string mark = "\xEE\x80\x80";
  for (const std::string& text :
       {std::string(), std::string("plain"), std::string("a\0b", 3), std::string("\0", 1), mark, mark + mark,
        mark + "\xEE\x80\x82", "x" + mark + std::string("\0\0", 2) + "\xEE\x80\x81"}) {
    CAPTURE(text);
    const std::string stored = store::to_postgres_text(text);
    CHECK(stored.find('\0') == std::string::npos);
    CHECK(store::from_postgres_text(stored) == text);
  }
  const auto home = store::open_postgres(PostgresServer::shared().database_of("texts"));
  REQUIRE(home);
  const std::string odd = std::string("NUL \0 and ", 10) + mark;
  REQUIRE((*home)->runs().save(run_of("r", odd)));
  CHECK((*home)->runs().load(1)->front().title == odd);
}

TEST_CASE("of several processes that start together one makes the tables and the others wait",
          "[store][postgres]") {
  const Secret url = PostgresServer::shared().database_of("together");
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 6; ++i)
    threads.emplace_back([&] {
      if (const auto home = store::open_postgres(url); home && (*home)->ping()) ++good;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(good == 6);
}

TEST_CASE("a transaction that the server rolled back is not taken for committed", "[store][postgres]") {
  const auto db = opened(PostgresServer::shared().database_of("rollback"));
  REQUIRE(db->execute("CREATE TABLE t (x BIGINT PRIMARY KEY)"));
  store::sql::Transaction change(*db);
  REQUIRE(change.begin());
  REQUIRE(db->execute("INSERT INTO t VALUES (1)"));
  REQUIRE(db->execute("INSERT INTO t VALUES (1)").error().kind == ErrorKind::invalid);
  CHECK_FALSE(change.commit());
}

TEST_CASE("nobody but the owner sees anything of the tables", "[store][postgres]") {
  const Secret url = PostgresServer::shared().database_of("rows");
  const auto home = store::open_postgres(url);
  REQUIRE(home);
  REQUIRE((*home)->runs().save(run_of("r")));
  const auto db = opened(url);
  for (const char* const role : {"anon", "authenticated"}) {
    INFO(role);
    REQUIRE(db->execute(std::string("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '") +
                        role + "') THEN CREATE ROLE " + role + "; END IF; END $$"));
    // As Supabase grants them; the policies are what keeps them out.
    REQUIRE(db->execute(std::string("GRANT USAGE ON SCHEMA exai TO ") + role));
    REQUIRE(db->execute(std::string("GRANT ALL ON ALL TABLES IN SCHEMA exai TO ") + role));
    store::sql::Transaction change(*db);
    REQUIRE(change.begin());
    REQUIRE(db->execute(std::string("SET LOCAL ROLE ") + role));
    for (const char* const table :
         {"conversations", "turns", "runs", "spend", "provider_files", "schema_version"}) {
      INFO(table);
      const auto rows = db->run(std::string("SELECT count(*) FROM exai.") + table, {});
      REQUIRE(rows);
      CHECK(rows->text(0, 0) == "0");
      CHECK(db->run(std::string("DELETE FROM exai.") + table, {})->changed() == 0);
    }
  }
}

TEST_CASE("a server that is frozen or gone is an error in time, and is asked again when it is back",
          "[store][postgres]") {
  PostgresServer server;
  const Secret url = server.database_of("frozen");
  const auto home = store::open_postgres(url);
  REQUIRE(home);
  REQUIRE((*home)->ping());
  server.freeze(true);
  const Steady begun = system_clock().steady();
  const auto frozen = (*home)->ping();
  server.freeze(false);
  REQUIRE_FALSE(frozen);
  CHECK(frozen.error().kind == ErrorKind::timeout);
  CHECK(system_clock().steady() - begun < std::chrono::seconds(15));
  CHECK((*home)->ping());
  server.cut_all();
  CHECK((*home)->ping());  // its one connection was cut, which is seen before it is used
}

TEST_CASE("an address that would let others answer is refused, and no message tells the password",
          "[store][postgres]") {
  struct Row {
    const char* url;
    ErrorKind kind;
  };
  for (const Row& row :
       std::vector<Row>{{"postgresql://u:s3cret@db.example.com/x?sslmode=require", ErrorKind::config},
                        {"postgresql://u:s3cret@db.example.com/x?sslmode=disable", ErrorKind::config},
                        {"postgresql://u:s3cret@db.example.com/x?sslmode=verify-ca", ErrorKind::config},
                        {"postgresql://u:s3cret@127.0.0.1:1,127.0.0.1:2/x", ErrorKind::config},
                        {"postgresql://u:s3cret@127.0.0.1:1/x?nonsense=1", ErrorKind::config},
                        {"mysql://u:s3cret@127.0.0.1/x", ErrorKind::config},
                        {"", ErrorKind::config},
                        {"postgresql://u:s3cret@127.0.0.1:1/x", ErrorKind::unreachable}}) {
    INFO(row.url);
    const Error error = refused(Secret(row.url));
    CHECK(error.kind == row.kind);
    CHECK(error.message.find("s3cret") == std::string::npos);
    CHECK(error.hint.find("s3cret") == std::string::npos);
  }
  const Error unknown = refused(PostgresServer::shared().url_of("nobody_made_this"));
  CHECK(unknown.kind == ErrorKind::config);
  CHECK(unknown.message.find("nobody_made_this") != std::string::npos);
}

TEST_CASE("tables of our names that are not ours stay as they are", "[store][postgres]") {
  const Secret url = PostgresServer::shared().database_of("occupied");
  const auto db = opened(url);
  REQUIRE(
      db->execute("CREATE TABLE schema_version (version INT PRIMARY KEY, description TEXT);"
                  "CREATE TABLE conversations (id UUID PRIMARY KEY, title TEXT)"));
  const auto home = store::open_postgres(url);
  REQUIRE(home);
  REQUIRE((*home)->runs().save(run_of("r")));
  CHECK((*home)->runs().load(1)->front().run_id == "r");
  const auto columns =
      db->run("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'", {});
  REQUIRE(columns);
  CHECK(columns->text(0, 0) == "4");
}
