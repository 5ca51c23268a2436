#include "store/sessions.hpp"

#include "io/files.hpp"
#include "store/postgres_db.hpp"
#include "store/schema.hpp"
#include "store/sqlite_db.hpp"

#include <fmt/core.h>

namespace exai::store {
namespace {

constexpr Millis k_list_patience{30'000};

Result<std::unique_ptr<sql::Database>> open_to_list(const Home& home) {
  const Deadline deadline = Deadline::after(k_list_patience);
  if (home.shared()) {
    auto db = PostgresDatabase::open(home.url, deadline);
    if (!db) return fail(db.error());
    return std::unique_ptr<sql::Database>(std::move(*db));
  }
  auto db = SqliteDatabase::open(home.file);
  if (!db) return fail(db.error());
  (*db)->set_deadline(deadline);
  return std::unique_ptr<sql::Database>(std::move(*db));
}

}  // namespace

Result<std::vector<SessionRow>> list_sessions(const Home& home, std::size_t max) {
  if (!home.shared() && !io::is_there(home.file)) return std::vector<SessionRow>{};
  const auto state = schema_state(home);
  if (!state) return fail(state.error());
  for (const sql::MigrationRow& row : *state)
    if (row.state != sql::MigrationState::applied)
      return fail(ErrorKind::config,
                  fmt::format("the tables lack the migration {}, or have another", row.name),
                  "exai db status, exai db migrate");
  const auto db = open_to_list(home);
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(
      "SELECT c.id, c.owner, c.created, c.updated, count(t.position),"
      " coalesce(sum(length(t.content)), 0) + length(c.state), length(c.state)"
      " FROM (SELECT * FROM @conversations ORDER BY updated DESC, id LIMIT $1) c"
      " LEFT JOIN @turns t ON t.conversation = c.id"
      " GROUP BY c.id, c.owner, c.created, c.updated, c.state ORDER BY c.updated DESC, c.id");
  if (!query) return fail(query.error());
  (*query)->bind(static_cast<std::int64_t>(max));
  return sql::read_all(**query, [](const sql::Statement& row) {
    return SessionRow{row.text(0),   row.text(1),   row.time(2),      row.time(3),
                      row.number(4), row.number(5), row.number(6) > 0};
  });
}

}  // namespace exai::store
