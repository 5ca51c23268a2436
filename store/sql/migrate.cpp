#include "store/sql/migrate.hpp"

#include "core/digest.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace exai::store::sql {
namespace {

struct LedgerRow {
  std::int64_t version = 0;
  std::string name, digest, applied_at;
};

std::int64_t number_of(std::string_view name) {
  std::int64_t number = 0;
  std::from_chars(name.data(), name.data() + name.size(), number);
  return number;
}

Result<std::vector<LedgerRow>> read_ledger(Database& db) {
  const Result<std::string> query = db.ledger_query();
  if (!query) return fail(query.error());
  if (query->empty()) return std::vector<LedgerRow>{};
  const auto statement = db.prepare(*query);
  if (!statement) return fail(statement.error());
  return read_all(**statement, [](const Statement& row) {
    return LedgerRow{row.number(0), row.text(1), row.text(2), row.text(3)};
  });
}

/// A ledger from before there were digests has none: its migrations are taken as they are.
MigrationState state_of(const LedgerRow& row, std::string_view sql) {
  return row.digest.empty() || row.digest == sha256_hex(sql) ? MigrationState::applied
                                                             : MigrationState::changed;
}

Result<void> judge(const std::vector<MigrationRow>& rows) {
  const auto fault = std::find_if(rows.begin(), rows.end(), [](const MigrationRow& row) {
    return row.state == MigrationState::changed || row.state == MigrationState::unknown;
  });
  if (fault != rows.end() && fault->state == MigrationState::changed)
    return fail(ErrorKind::config,
                fmt::format("the migration {} was applied to the database in another form", fault->name),
                "use the program that made the tables, or another database");
  if (fault != rows.end())
    return fail(
        ErrorKind::config,
        fmt::format("the database has the migration {}, which this program does not know", fault->name),
        "use the newer program that made the tables, or another database");
  bool pending = false;
  for (const MigrationRow& row : rows) {
    if (row.state == MigrationState::applied && pending)
      return fail(ErrorKind::config,
                  fmt::format("the migration {} was applied without those before it", row.name),
                  "exai db status shows which; use another database, or restore a backup of this one");
    pending = pending || row.state == MigrationState::pending;
  }
  return {};
}

Result<void> apply(Database& db, const SqlFile& file) {
  if (auto done = db.execute(std::string(file.second)); !done)
    return fail(std::move(done.error()).during("applying migration " + std::string(file.first)));
  const auto note = db.prepare("INSERT INTO @schema_version (version, name, sha256) VALUES ($1, $2, $3)");
  if (!note) return fail(note.error());
  return (*note)->bind(number_of(file.first)).bind(file.first).bind(sha256_hex(file.second)).run();
}

/// Digests for those that were applied before there were any.
Result<void> adopt(Database& db, const std::vector<SqlFile>& files) {
  const auto note = db.prepare("UPDATE @schema_version SET sha256 = $1 WHERE version = $2 AND sha256 = ''");
  if (!note) return fail(note.error());
  for (const auto& [name, sql] : files)
    if (auto noted = (*note)->reset().bind(sha256_hex(sql)).bind(number_of(name)).run(); !noted) return noted;
  return {};
}

/// One of them, in a transaction; "" when nothing is pending any more.
Result<std::string> migrate_next(Database& db, const std::vector<SqlFile>& files) {
  Transaction change(db);
  if (auto begun = change.begin(); !begun) return fail(begun.error());
  if (auto locked = db.lock_schema(); !locked) return fail(locked.error());
  const auto rows = migration_state(db, files);
  if (!rows) return fail(rows.error());
  if (auto fine = judge(*rows); !fine) return fail(fine.error());
  const auto next = std::find_if(rows->begin(), rows->end(), [](const MigrationRow& row) {
    return row.state == MigrationState::pending;
  });
  std::string name;
  if (next != rows->end()) {
    const auto file = std::find_if(files.begin(), files.end(),
                                   [&](const SqlFile& one) { return number_of(one.first) == next->version; });
    name = next->name;
    if (auto applied = apply(db, *file); !applied) return fail(applied.error());
  } else if (auto adopted = adopt(db, files); !adopted) {
    return fail(adopted.error());
  }
  if (auto committed = change.commit(); !committed) return fail(committed.error());
  return name;
}

/// Whether the ledger is of today's form and complete, which takes no lock to see.
Result<bool> is_current(Database& db, const std::vector<SqlFile>& files) {
  const auto ledger = read_ledger(db);
  if (!ledger) return fail(ledger.error());
  return ledger->size() == files.size() && std::equal(ledger->begin(), ledger->end(), files.begin(),
                                                      [](const LedgerRow& row, const SqlFile& file) {
                                                        return row.version == number_of(file.first) &&
                                                               row.digest == sha256_hex(file.second);
                                                      });
}

}  // namespace

Result<std::vector<MigrationRow>> migration_state(Database& db, const std::vector<SqlFile>& files) {
  const auto ledger = read_ledger(db);
  if (!ledger) return fail(ledger.error());
  std::vector<MigrationRow> rows;
  for (const auto& [name, sql] : files) {
    MigrationRow row{number_of(name), std::string(name), MigrationState::pending, {}};
    const auto found = std::find_if(ledger->begin(), ledger->end(),
                                    [&](const LedgerRow& one) { return one.version == row.version; });
    if (found != ledger->end()) {
      row.state = state_of(*found, sql);
      row.applied_at = found->applied_at;
    }
    rows.push_back(std::move(row));
  }
  for (const LedgerRow& one : *ledger)
    if (std::none_of(files.begin(), files.end(),
                     [&](const SqlFile& file) { return number_of(file.first) == one.version; }))
      rows.push_back({one.version, one.name, MigrationState::unknown, one.applied_at});
  std::sort(rows.begin(), rows.end(),
            [](const MigrationRow& left, const MigrationRow& right) { return left.version < right.version; });
  return rows;
}

Result<std::vector<std::string>> migrate(Database& db, const std::vector<SqlFile>& files) {
  std::vector<std::string> applied;
  const Result<bool> current = is_current(db, files);
  if (!current) return fail(current.error());
  if (*current) return applied;
  for (;;) {
    Result<std::string> name = migrate_next(db, files);
    if (!name) return fail(name.error());
    if (name->empty()) return applied;
    applied.push_back(std::move(*name));
  }
}

}  // namespace exai::store::sql
