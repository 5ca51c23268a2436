#include "store/schema.hpp"

#include "io/files.hpp"
#include "store/pools.hpp"
#include "store/postgres_db.hpp"
#include "store/sqlite_db.hpp"

#include <functional>
#include <map>
#include <set>

#include <fmt/core.h>

namespace exai::store {
namespace {

constexpr Millis k_schema_timeout{60'000};

/// By "column turns.role": its table and its definition.
struct SchemaObject {
  std::string table, definition;
};
using Catalogue = std::map<std::string, SchemaObject>;

// kind, table, name, definition of all that is in the schema.
constexpr std::string_view k_sqlite_catalogue = R"(
SELECT 'column', m.name, p.name, p.type || CASE p."notnull" WHEN 1 THEN ' NOT NULL' ELSE '' END
       || coalesce(' DEFAULT ' || p.dflt_value, '') || CASE p.pk WHEN 0 THEN '' ELSE ' PRIMARY KEY ' || p.pk END
  FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'
UNION ALL
SELECT 'reference', m.name, f."from", f."table" || '(' || coalesce(f."to", '') || ') ON DELETE ' || f.on_delete
  FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table'
UNION ALL
SELECT type, tbl_name, name, sql FROM sqlite_master WHERE type <> 'table' AND sql IS NOT NULL)";

// Names of the schema itself are left out of definitions, so that two schemas can be compared.
constexpr std::string_view k_postgres_catalogue = R"(
WITH own AS (SELECT c.oid, c.relname::text AS name, c.relkind, c.relrowsecurity
               FROM pg_class c WHERE c.relnamespace = to_regnamespace($1::text) AND c.relkind IN ('r', 'v'))
SELECT 'column', own.name, a.attname::text, format_type(a.atttypid, a.atttypmod)
       || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
       || coalesce(' DEFAULT ' || replace(pg_get_expr(d.adbin, d.adrelid), quote_ident($1::text) || '.', ''), '')
       || CASE a.attidentity WHEN 'a' THEN ' IDENTITY ALWAYS' WHEN 'd' THEN ' IDENTITY' ELSE '' END
  FROM own JOIN pg_attribute a ON a.attrelid = own.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = own.oid AND d.adnum = a.attnum
UNION ALL
SELECT 'index', tablename::text, indexname::text, replace(indexdef, quote_ident($1::text) || '.', '')
  FROM pg_indexes WHERE schemaname = $1::text
UNION ALL
SELECT 'constraint', own.name, k.conname::text,
       replace(pg_get_constraintdef(k.oid), quote_ident($1::text) || '.', '')
  FROM own JOIN pg_constraint k ON k.conrelid = own.oid
UNION ALL
SELECT 'policy', tablename::text, policyname::text,
       permissive || ' ' || cmd || ' TO ' || array_to_string(roles, ',') || coalesce(' USING ' || qual, '')
       || coalesce(' CHECK ' || with_check, '')
  FROM pg_policies WHERE schemaname = $1::text
UNION ALL
SELECT 'row level security', name, '', CASE WHEN relrowsecurity THEN 'on' ELSE 'off' END FROM own WHERE relkind = 'r'
UNION ALL
SELECT 'view', name, '', replace(pg_get_viewdef(oid), quote_ident($1::text) || '.', '')
  FROM own WHERE relkind = 'v')";

/// `schema`: of PostgreSQL's, the one that is looked at.
Result<Catalogue> read_catalogue(sql::Database& db, std::string_view schema = {}) {
  const auto statement = db.prepare(schema.empty() ? k_sqlite_catalogue : k_postgres_catalogue);
  if (!statement) return fail(statement.error());
  if (!schema.empty()) (*statement)->bind(schema);
  const auto rows = sql::read_all(**statement, [](const sql::Statement& row) {
    const std::string kind = row.text(0), table = row.text(1), name = row.text(2);
    const bool of_table = kind == "column" || kind == "reference";
    const std::string object = name.empty() ? fmt::format("{} of {}", kind, table)
                               : of_table   ? fmt::format("{} {}.{}", kind, table, name)
                                            : fmt::format("{} {} of {}", kind, name, table);
    return std::pair<std::string, SchemaObject>(object, {table, row.text(3)});
  });
  if (!rows) return fail(rows.error());
  return Catalogue(rows->begin(), rows->end());
}

std::vector<SchemaDifference> differences(const Catalogue& expected, const Catalogue& found) {
  using Kind = SchemaDifference::Kind;
  std::set<std::string> tables, there;
  for (const auto& [name, object] : found) there.insert(object.table);
  std::vector<SchemaDifference> all;
  for (const auto& [name, object] : expected) {
    // How a ledger of an older program came to its columns is its own matter.
    if (object.table == "schema_version") continue;
    const bool first = tables.insert(object.table).second;
    const auto other = found.find(name);
    if (!there.contains(object.table)) {
      // Its columns need no line each.
      if (first) all.push_back({Kind::missing, "table " + object.table, {}, {}});
    } else if (other == found.end())
      all.push_back({Kind::missing, name, object.definition, {}});
    else if (other->second.definition != object.definition)
      all.push_back({Kind::different, name, object.definition, other->second.definition});
  }
  for (const auto& [name, object] : found)
    if (tables.contains(object.table) && !expected.contains(name))
      all.push_back({Kind::extra, name, {}, object.definition});
  return all;
}

Result<Catalogue> expected_sqlite() {
  auto db = SqliteDatabase::open(":memory:");
  if (!db) return fail(db.error());
  if (auto made = sql::migrate(**db, sqlite_migrations()); !made) return fail(made.error());
  return read_catalogue(**db);
}

Result<Catalogue> expected_postgres(sql::Database& db) {
  sql::Transaction never(db);
  if (auto begun = never.begin(); !begun) return fail(begun.error());
  // Nobody else sees it, and it is gone with the transaction.
  if (auto made = db.execute("CREATE SCHEMA exai_verify; SET LOCAL search_path TO exai_verify"); !made)
    return fail(std::move(made.error()).during("making the tables in a schema of their own, to compare"));
  for (const auto& [name, sql] : postgres_migrations())
    if (auto done = db.execute(std::string(sql)); !done)
      return fail(std::move(done.error()).during("making the tables of " + std::string(name)));
  return read_catalogue(db, "exai_verify");
}

enum class Purpose : std::uint8_t { look, change };

/// The database itself, with the files that belong to it.
struct Opened {
  std::unique_ptr<sql::Database> db;
  const std::vector<sql::SqlFile>* files = nullptr;
};

Result<Opened> open_database(const Home& home, Purpose purpose) {
  const Deadline deadline = Deadline::after(k_schema_timeout);
  if (home.shared()) {
    auto db = PostgresDatabase::open(home.url, deadline);
    if (!db) return fail(db.error());
    return Opened{std::move(*db), &postgres_migrations()};
  }
  // Who looks makes no file: what is not there yet is empty.
  const bool there = purpose == Purpose::change || io::is_there(home.file);
  auto db = SqliteDatabase::open(there ? home.file : std::filesystem::path(":memory:"));
  if (!db) return fail(db.error());
  (*db)->set_deadline(deadline);
  return Opened{std::move(*db), &sqlite_migrations()};
}

}  // namespace

Result<std::vector<sql::MigrationRow>> schema_state(const Home& home) {
  const auto opened = open_database(home, Purpose::look);
  if (!opened) return fail(opened.error());
  return sql::migration_state(*opened->db, *opened->files);
}

Result<std::vector<std::string>> migrate_schema(const Home& home) {
  const auto opened = open_database(home, Purpose::change);
  if (!opened) return fail(opened.error());
  return sql::migrate(*opened->db, *opened->files);
}

Result<std::vector<SchemaDifference>> verify_schema(const Home& home) {
  const auto opened = open_database(home, Purpose::look);
  if (!opened) return fail(opened.error());
  const auto found = read_catalogue(*opened->db, home.shared() ? "exai" : "");
  if (!found) return fail(found.error());
  const auto expected = home.shared() ? expected_postgres(*opened->db) : expected_sqlite();
  if (!expected) return fail(expected.error());
  return differences(*expected, *found);
}

}  // namespace exai::store
