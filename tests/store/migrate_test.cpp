// Migrations and the comparison of tables, in every home that has tables.
#include "core/digest.hpp"
#include "store/pools.hpp"
#include "store/postgres_db.hpp"
#include "store/schema.hpp"
#include "store/sqlite_db.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/store/postgres_server.hpp"

#include <fmt/core.h>

using namespace exai;
using store::SchemaDifference;
using store::sql::Database;
using store::sql::migrate;
using store::sql::MigrationState;
using store::sql::SqlFile;

namespace {

/// An empty database of its own; asked again it is the same one.
store::Home empty_home(std::string_view type, const test::TempFolder& folder) {
  if (type == "sqlite") return {.file = folder / "exai.db"};
  return {.file = {},
          .url = test::PostgresServer::shared().database_of((folder / "").parent_path().filename().string())};
}

std::unique_ptr<Database> open_database(const store::Home& home) {
  if (home.shared()) {
    auto db = store::PostgresDatabase::open(home.url, Deadline::after(Millis{20'000}));
    REQUIRE(db);
    return std::move(*db);
  }
  auto db = store::SqliteDatabase::open(home.file);
  REQUIRE(db);
  return std::move(*db);
}

void change_tables(const store::Home& home, const std::string& sql) {
  REQUIRE(open_database(home)->execute((home.shared() ? "SET search_path TO exai; " : "") + sql));
}

std::string what_is_different(const store::Home& home) {
  const auto all = store::verify_schema(home);
  REQUIRE(all);
  std::string text;
  for (const SchemaDifference& one : *all) {
    constexpr const char* k_kinds[] = {"missing", "extra", "different"};
    text += fmt::format("{} {}; ", k_kinds[static_cast<std::size_t>(one.kind)], one.object);
  }
  return text;
}

}  // namespace

TEST_CASE("migrations are applied once and in order, and a ledger that reads differently is refused",
          "[store][migrate]") {
  const auto* const type = GENERATE("sqlite", "postgresql");
  CAPTURE(type);
  const test::TempFolder folder;
  const store::Home home = empty_home(type, folder);
  const std::vector<SqlFile> first{{"0001_a", "CREATE TABLE a (x BIGINT)"}};
  std::vector<SqlFile> both = first;
  both.emplace_back("0002_b", "CREATE TABLE b (x BIGINT); CREATE TABLE c (x BIGINT)");
  const auto run = [&](const std::vector<SqlFile>& files) { return migrate(*open_database(home), files); };

  CHECK(store::sql::migration_state(*open_database(home), first)->front().state == MigrationState::pending);
  CHECK(*run(first) == std::vector<std::string>{"0001_a"});
  CHECK(run(first)->empty());
  CHECK(*run(both) == std::vector<std::string>{"0002_b"});

  const auto older = run(first);
  REQUIRE_FALSE(older);
  CHECK(older.error().kind == ErrorKind::config);
  CHECK(older.error().message == "the database has the migration 0002_b, which this program does not know");

  std::vector<SqlFile> changed = both;
  changed[0].second = "CREATE TABLE a (y BIGINT)";
  const auto other = run(changed);
  REQUIRE_FALSE(other);
  CHECK(other.error().message == "the migration 0001_a was applied to the database in another form");
  CHECK(store::sql::migration_state(*open_database(home), changed)->front().state == MigrationState::changed);

  // One that breaks in its middle leaves nothing of itself behind, and those before it.
  std::vector<SqlFile> broken = both;
  broken.emplace_back("0003_good", "CREATE TABLE good (x BIGINT)");
  broken.emplace_back("0004_bad", "CREATE TABLE half (x BIGINT); CREATE NONSENSE");
  const auto bad = run(broken);
  REQUIRE_FALSE(bad);
  CHECK(bad.error().context.front().find("0004_bad") != std::string::npos);
  broken[3].second = "CREATE TABLE half (x BIGINT)";
  CHECK(*run(broken) == std::vector<std::string>{"0004_bad"});

  std::vector<SqlFile> between = broken;
  between.insert(between.begin(), {"0000_late", "CREATE TABLE late (x BIGINT)"});
  const auto gap = run(between);
  REQUIRE_FALSE(gap);
  CHECK(gap.error().message.find("without those before it") != std::string::npos);
}

TEST_CASE("a ledger from before there were digests is taken as it is, and has them from then on",
          "[store][migrate]") {
  const test::TempFolder folder;
  const store::Home home{.file = folder / "exai.db"};
  REQUIRE(open_database(home)->execute(
      "CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied TEXT NOT NULL"
      " DEFAULT ''); INSERT INTO schema_version (version, name) VALUES (1, '0001_a'); CREATE TABLE a (x)"));
  const std::vector<SqlFile> files{{"0001_a", "CREATE TABLE a (x)"}, {"0002_b", "CREATE TABLE b (x)"}};
  CHECK(*migrate(*open_database(home), files) == std::vector<std::string>{"0002_b"});
  std::vector<SqlFile> changed = files;
  changed[0].second = "CREATE TABLE a (y)";
  CHECK_FALSE(migrate(*open_database(home), changed));
}

TEST_CASE("each difference between the tables that are there and ours is named", "[store][migrate]") {
  const auto* const type = GENERATE("sqlite", "postgresql");
  CAPTURE(type);
  const test::TempFolder folder;
  const store::Home home = empty_home(type, folder);
  CHECK(what_is_different(home).find("missing table runs; ") != std::string::npos);
  CHECK((home.shared() || !std::filesystem::exists(home.file)));  // who looks makes nothing
  REQUIRE(store::migrate_schema(home));
  CHECK(what_is_different(home).empty());

  const auto change = [&](const std::string& sql) { change_tables(home, sql); };
  change("ALTER TABLE runs ADD COLUMN odd BIGINT");
  CHECK(what_is_different(home) == "extra column runs.odd; ");
  change("ALTER TABLE runs DROP COLUMN odd; DROP INDEX runs_by_start");
  CHECK(what_is_different(home) == "missing index runs_by_start of runs; ");
  change("CREATE INDEX runs_by_start ON runs (started)");
  CHECK(what_is_different(home) == "different index runs_by_start of runs; ");
  change("CREATE TABLE somebody_elses (x BIGINT)");
  CHECK(what_is_different(home) == "different index runs_by_start of runs; ");
}

TEST_CASE("what PostgreSQL has beside columns is compared too", "[store][migrate][postgres]") {
  const test::TempFolder folder;
  const store::Home home = empty_home("postgresql", folder);
  REQUIRE(store::migrate_schema(home));
  struct Row {
    const char *change, *back, *difference;
  };
  for (const Row& row : std::vector<Row>{
           {"ALTER TABLE runs DISABLE ROW LEVEL SECURITY", "ALTER TABLE runs ENABLE ROW LEVEL SECURITY",
            "different row level security of runs; "},
           {"CREATE POLICY open ON runs USING (true)", "DROP POLICY open ON runs",
            "extra policy open of runs; "},
           {"ALTER TABLE turns DROP CONSTRAINT turns_role_check",
            "ALTER TABLE turns ADD CONSTRAINT turns_role_check CHECK (role IN ('user', 'assistant'))",
            "missing constraint turns_role_check of turns; "},
           {"ALTER TABLE runs ALTER COLUMN title DROP NOT NULL",
            "ALTER TABLE runs ALTER COLUMN title SET NOT NULL", "different column runs.title; "},
           {"ALTER TABLE spend ALTER COLUMN calls TYPE INTEGER",
            "ALTER TABLE spend ALTER COLUMN calls TYPE BIGINT", "different column spend.calls; "}}) {
    INFO(row.change);
    change_tables(home, row.change);
    CHECK(what_is_different(home) == row.difference);
    change_tables(home, row.back);
    CHECK(what_is_different(home).empty());
  }
}
