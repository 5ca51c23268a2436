#include "store/copy.hpp"

#include "core/digest.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/postgres.hpp"
#include "store/copy_rows.hpp"
#include "store/pools.hpp"
#include "store/schema.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace exai::store {
namespace {

constexpr Millis k_batch_patience{60'000};
constexpr std::size_t k_max_rows = 400;  // of one statement: the widest table has 22 columns
constexpr std::size_t k_batch_bytes = std::size_t{4} << 20U;

/// One of the two homes, open.
struct CopyEnd {
  bool postgres = false;
  std::shared_ptr<sql::Pool> pool;

  /// A connection with time for a batch.
  [[nodiscard]] Result<sql::Pool::Lease> lease() const {
    auto db = pool->acquire();
    if (db) (*db)->set_deadline(Deadline::after(k_batch_patience));
    return db;
  }
};

Result<std::vector<CopyRow>> read_rows(const CopyEnd& end, const CopyTable& table, const CopyRow& after,
                                       std::size_t max) {
  const auto db = end.lease();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(select_rows(table, end.postgres, !after.empty(), max));
  if (!query) return fail(query.error());
  for (std::size_t i = 0; i < after.size(); ++i) bind_cell(**query, after[i], table.columns[i].kind);
  return sql::read_all(**query, [&](const sql::Statement& row) { return read_row(row, table); });
}

/// Every row of the table, batch by batch, as large as suits the rows.
Result<void> each_batch(const CopyEnd& end, const CopyTable& table, CopyRow after, const CopyOptions& options,
                        const std::function<Result<void>(const std::vector<CopyRow>&)>& take) {
  std::size_t max = 50;
  for (;;) {
    if (options.stop.stop_requested())
      return fail(ErrorKind::cancelled, fmt::format("the copy was stopped in {}", table.name),
                  "the same command goes on where it was");
    const auto rows = read_rows(end, table, after, max);
    if (!rows) return fail(rows.error());
    if (rows->empty()) return {};
    if (const auto taken = take(*rows); !taken) return taken;
    const CopyRow& last = rows->back();
    after.assign(last.begin(), last.begin() + static_cast<std::ptrdiff_t>(table.keys));
    std::size_t bytes = 1;
    for (const CopyRow& row : *rows)
      for (const Cell& cell : row) bytes += cell ? cell->size() : 0;
    max = std::clamp<std::size_t>(rows->size() * k_batch_bytes / bytes, 1, k_max_rows);
  }
}

/// Where a copy of a source has come to, kept in the target with the rows it copied.
class CopyPlace {
 public:
  CopyPlace(const CopyEnd& to, std::string source) : to_(to), source_(std::move(source)) {}

  Result<void> make() {
    const auto db = to_.lease();
    if (!db) return fail(db.error());
    sql::Transaction change(**db);
    if (auto begun = change.begin(); !begun) return begun;
    std::string sql =
        "CREATE TABLE IF NOT EXISTS @copy_state (source TEXT NOT NULL, name TEXT NOT NULL,"
        " place TEXT NOT NULL, PRIMARY KEY (source, name))";
    if (to_.postgres) sql += "; ALTER TABLE @copy_state ENABLE ROW LEVEL SECURITY";
    if (auto made = (*db)->execute(sql::with_schema(sql, (*db)->dialect())); !made) return made;
    if (auto noted = note(**db, "", ""); !noted) return noted;
    return change.commit();
  }
  /// Whether there is one, of this source.
  Result<bool> there() {
    const auto db = to_.lease();
    if (!db) return fail(db.error());
    const auto table = (*db)->prepare(to_.postgres ? "SELECT 1 WHERE to_regclass('@copy_state') IS NOT NULL"
                                                   : "SELECT 1 FROM sqlite_master WHERE name = 'copy_state'");
    if (!table) return fail(table.error());
    const auto found = (*table)->step();
    if (!found || !*found) return found;
    const auto row = (*db)->prepare("SELECT 1 FROM @copy_state WHERE source = $1");
    if (!row) return fail(row.error());
    return (*row)->bind(std::string_view(source_)).step();
  }
  Result<CopyRow> of(const std::string& table) {
    const auto db = to_.lease();
    if (!db) return fail(db.error());
    const auto row = (*db)->prepare("SELECT place FROM @copy_state WHERE source = $1 AND name = $2");
    if (!row) return fail(row.error());
    const auto found = (*row)->bind(std::string_view(source_)).bind(std::string_view(table)).step();
    if (!found) return fail(found.error());
    return *found ? read_place((*row)->text(0)) : CopyRow{};
  }
  Result<void> note(sql::Database& db, const std::string& table, const std::string& place) {
    const auto row = db.prepare(
        "INSERT INTO @copy_state (source, name, place) VALUES ($1, $2, $3)"
        " ON CONFLICT (source, name) DO UPDATE SET place = excluded.place");
    if (!row) return fail(row.error());
    return (*row)
        ->bind(std::string_view(source_))
        .bind(std::string_view(table))
        .bind(std::string_view(place))
        .run();
  }
  Result<void> forget() {
    const auto db = to_.lease();
    if (!db) return fail(db.error());
    return (*db)->execute(sql::with_schema("DROP TABLE @copy_state", (*db)->dialect()));
  }

 private:
  const CopyEnd& to_;
  std::string source_;
};

Result<std::int64_t> count_rows(const CopyEnd& end, const CopyTable& table) {
  const auto db = end.lease();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare("SELECT count(*) FROM @" + table.name);
  if (!query) return fail(query.error());
  if (const auto row = (*query)->step(); !row) return fail(row.error());
  return (*query)->number(0);
}

/// The rows of a batch and the place behind them, in one transaction.
Result<void> write_rows(const CopyEnd& to, CopyPlace& place, const CopyTable& table,
                        const std::vector<CopyRow>& rows) {
  const auto db = to.lease();
  if (!db) return fail(db.error());
  sql::Transaction change(**db);
  if (auto begun = change.begin(); !begun) return begun;
  const auto insert = (*db)->prepare(insert_rows(table, to.postgres, rows.size()));
  if (!insert) return fail(insert.error());
  for (const CopyRow& row : rows)
    for (std::size_t i = 0; i < row.size(); ++i) bind_cell(**insert, row[i], table.columns[i].kind);
  if (auto done = (*insert)->run(); !done) return done;
  if (auto noted = place.note(**db, table.name, write_place(rows.back(), table.keys)); !noted) return noted;
  return change.commit();
}

/// The next row that the home numbers itself comes after those.
Result<void> settle_numbers(const CopyEnd& to, const CopyTable& table) {
  if (!to.postgres || !table.numbered()) return {};
  const auto db = to.lease();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(fmt::format(
      "SELECT setval(pg_get_serial_sequence('@{0}', 'id'), max(id)) FROM @{0} HAVING count(*) > 0",
      table.name));
  if (!query) return fail(query.error());
  return (*query)->run();
}

/// Of all rows, whatever their order: homes sort texts differently.
struct TableSum {
  std::int64_t rows = 0;
  std::uint64_t sum = 0;
};

Result<TableSum> sum_table(const CopyEnd& end, const CopyTable& table, const CopyOptions& options) {
  TableSum total;
  const auto done =
      each_batch(end, table, {}, options, [&](const std::vector<CopyRow>& rows) -> Result<void> {
        for (const CopyRow& row : rows) {
          const std::string digest = sha256_hex(comparable(row, table)).substr(0, 16);
          std::uint64_t number = 0;
          std::from_chars(digest.data(), digest.data() + digest.size(), number, 16);
          total.sum += number;
          ++total.rows;
        }
        return {};
      });
  if (!done) return fail(done.error());
  return total;
}

/// Which home that is, for people and for the place of a copy; no password.
Result<std::string> name_of(const Home& home) {
  if (home.shared()) return io::PgConnection::target(home.url);
  return std::filesystem::weakly_canonical(home.file).string();
}

Result<CopyEnd> open_source(const Home& home) {
  if (!home.shared() && !io::is_there(home.file))
    return fail(ErrorKind::missing_input,
                fmt::format("there is no database at {}", printable(home.file.string())),
                "name the file, or the setting that holds its address");
  const auto state = schema_state(home);
  if (!state) return fail(state.error());
  for (const sql::MigrationRow& row : *state)
    if (row.state != sql::MigrationState::applied)
      return fail(ErrorKind::config,
                  fmt::format("the source lacks the migration {}, or has another", row.name),
                  "exai db migrate and exai db status, with the source as the store");
  auto pool = home.shared() ? postgres_pool(home.url) : sqlite_pool(home.file);
  if (!pool) return fail(pool.error());
  return CopyEnd{home.shared(), std::move(*pool)};
}

/// Empty, or with a copy of the same source that was not finished.
Result<void> prepare_target(const CopyEnd& to, CopyPlace& place, const std::string& name) {
  const auto begun = place.there();
  if (!begun) return fail(begun.error());
  if (*begun) return {};
  for (const CopyTable& table : copy_tables()) {
    const auto rows = count_rows(to, table);
    if (!rows) return fail(rows.error());
    if (*rows > 0)
      return fail(ErrorKind::refused,
                  fmt::format("{} holds {} rows in {} already, and not of this copy", printable(name), *rows,
                              table.name),
                  "copy into an empty database");
  }
  return place.make();
}

Result<CopiedTable> copy_table(const CopyEnd& from, const CopyEnd& to, CopyPlace& place,
                               const CopyTable& table, const CopyOptions& options) {
  CopiedTable copied;
  copied.name = table.name;
  auto after = place.of(table.name);
  if (!after) return fail(after.error());
  const auto done = each_batch(from, table, std::move(*after), options,
                               [&](const std::vector<CopyRow>& rows) -> Result<void> {
                                 if (auto written = write_rows(to, place, table, rows); !written)
                                   return written;
                                 copied.copied += static_cast<std::int64_t>(rows.size());
                                 if (options.on_batch) options.on_batch(table.name, copied.copied);
                                 return {};
                               });
  if (!done) return fail(Error(done.error()).during("copying " + table.name));
  if (auto settled = settle_numbers(to, table); !settled) return fail(settled.error());
  return copied;
}

}  // namespace

Result<std::vector<CopiedTable>> copy_store(const Home& from, const Home& to, const CopyOptions& options) {
  const auto source = name_of(from), target = name_of(to);
  for (const auto* name : {&source, &target})
    if (!*name) return fail(name->error());
  if (*source == *target)
    return fail(ErrorKind::config, "source and target are the same database", "name another one with --to");
  const auto read_end = open_source(from);
  if (!read_end) return fail(read_end.error());
  auto pool = to.shared() ? postgres_pool(to.url) : sqlite_pool(to.file);
  if (!pool) return fail(pool.error());
  const CopyEnd write_end{to.shared(), std::move(*pool)};
  CopyPlace place(write_end, *source);
  if (auto ready = prepare_target(write_end, place, *target); !ready) return fail(ready.error());
  std::vector<CopiedTable> tables;
  for (const CopyTable& table : copy_tables()) {
    auto copied = copy_table(*read_end, write_end, place, table, options);
    if (!copied) return fail(copied.error());
    tables.push_back(std::move(*copied));
  }
  bool all_same = true;
  for (std::size_t i = 0; i < tables.size(); ++i) {
    const auto there = sum_table(*read_end, copy_tables()[i], options);
    if (!there) return fail(there.error());
    const auto here = sum_table(write_end, copy_tables()[i], options);
    if (!here) return fail(here.error());
    tables[i].source = there->rows;
    tables[i].target = here->rows;
    tables[i].same = there->rows == here->rows && there->sum == here->sum;
    all_same = all_same && tables[i].same;
  }
  if (all_same)
    if (auto forgotten = place.forget(); !forgotten) return fail(forgotten.error());
  return tables;
}

std::vector<std::pair<std::string, std::vector<std::string>>> copied_columns() {
  std::vector<std::pair<std::string, std::vector<std::string>>> all;
  for (const CopyTable& table : copy_tables()) {
    auto& columns = all.emplace_back(table.name, std::vector<std::string>{}).second;
    for (const CopyColumn& column : table.columns) columns.push_back(column.name);
  }
  return all;
}

}  // namespace exai::store
