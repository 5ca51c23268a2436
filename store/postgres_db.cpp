#include "store/postgres_db.hpp"

#include "core/digest.hpp"
#include "store/postgres_text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

namespace exai::store {
namespace {

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// Sends when it is first stepped; the server gets values as text and knows their types from the columns.
class PostgresStatement final : public sql::Statement {
 public:
  PostgresStatement(PostgresDatabase& db, std::string_view sql) : db_(db), sql_(sql) {}

  using sql::Statement::bind;
  Statement& bind(std::string_view text) override {
    parameters_.push_back(to_postgres_text(text));
    return *this;
  }
  Statement& bind(std::int64_t number) override {
    parameters_.push_back(std::to_string(number));
    return *this;
  }
  Result<bool> step() override {
    if (!sent_) {
      if (auto done = send(); !done) return fail(done.error());
    } else {
      ++row_;
    }
    return row_ < rows_.rows();
  }
  Result<void> run() override {
    auto done = send();
    sent_ = false;
    return done;
  }
  Statement& reset() override {
    parameters_.clear();
    sent_ = false;
    return *this;
  }
  [[nodiscard]] std::string text(int column) const override {
    return from_postgres_text(rows_.text(row_, static_cast<std::size_t>(column)));
  }
  [[nodiscard]] std::int64_t number(int column) const override {
    return number_of(rows_.text(row_, static_cast<std::size_t>(column)));
  }

 private:
  Result<void> send() {
    auto rows = db_.run(sql_, parameters_);
    if (!rows) return fail(rows.error());
    rows_ = std::move(*rows);
    row_ = 0;
    sent_ = true;
    return {};
  }

  PostgresDatabase& db_;
  std::string sql_;
  std::vector<std::string> parameters_;
  io::PgRows rows_;
  std::size_t row_ = 0;
  bool sent_ = false;
};

}  // namespace

Result<std::unique_ptr<PostgresDatabase>> PostgresDatabase::open(const Secret& url, Deadline deadline) {
  auto connection = io::PgConnection::open(url, deadline);
  if (!connection) return fail(connection.error());
  std::unique_ptr<PostgresDatabase> db(new PostgresDatabase(std::move(*connection)));
  db->set_deadline(deadline);
  return db;
}

const sql::Dialect& PostgresDatabase::dialect() const {
  // The limit is of the transaction and not of the session: a pooler gives the session to somebody else. It
  // is the server's own end of a statement whose client has gone.
  static constexpr sql::Dialect k_dialect{
      .begin = "BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'",
      .arrival = "arrival"};
  return k_dialect;
}

Result<std::unique_ptr<sql::Statement>> PostgresDatabase::prepare(std::string_view sql) {
  return std::make_unique<PostgresStatement>(*this, sql);
}

Result<void> PostgresDatabase::execute(const std::string& sql) {
  const auto rows = connection_->run(sql, deadline_);
  if (!rows) return fail(rows.error());
  changes_ = rows->changed();
  // The server answers so when a statement of the transaction had failed, and calls it no error.
  if (sql == "COMMIT" && rows->command() != "COMMIT")
    return fail(ErrorKind::internal, "PostgreSQL rolled the transaction back");
  return {};
}

Result<io::PgRows> PostgresDatabase::run(const std::string& sql, const std::vector<std::string>& parameters) {
  auto rows = connection_->run(sql, parameters, deadline_);
  if (rows) changes_ = rows->changed();
  return rows;
}

Result<std::vector<std::pair<std::int64_t, std::string>>> PostgresDatabase::applied() {
  if (auto made = execute("CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY,"
                          " name TEXT NOT NULL, sha256 TEXT NOT NULL,"
                          " applied TIMESTAMPTZ NOT NULL DEFAULT now());"
                          "ALTER TABLE schema_version ENABLE ROW LEVEL SECURITY");
      !made)
    return fail(made.error());
  const auto query = prepare("SELECT version, sha256 FROM schema_version ORDER BY version");
  if (!query) return fail(query.error());
  return sql::read_all(**query, [](const sql::Statement& row) {
    return std::pair<std::int64_t, std::string>(row.number(0), row.text(1));
  });
}

Result<void> PostgresDatabase::migrate(const std::vector<SqlFile>& files) {
  sql::Transaction change(*this);
  if (auto begun = change.begin(); !begun) return begun;
  // "exai" as a number; ends with the transaction.
  if (auto locked = execute("SELECT pg_advisory_xact_lock(1702390121)"); !locked) return locked;
  const auto known = applied();
  if (!known) return fail(known.error());
  std::int64_t newest = 0;
  for (const auto& [name, sql] : files) {
    const std::int64_t number = number_of(name);
    newest = std::max(newest, number);
    const std::string digest = sha256_hex(sql);
    const auto before =
        std::find_if(known->begin(), known->end(), [&](const auto& row) { return row.first == number; });
    if (before != known->end()) {
      if (before->second == digest) continue;
      return fail(ErrorKind::config,
                  fmt::format("the migration {} was applied to the database in another form", name),
                  "use the program that made the tables, or another database");
    }
    if (auto done = execute(std::string(sql)); !done)
      return fail(std::move(done.error()).during("applying migration " + std::string(name)));
    const auto note = prepare("INSERT INTO schema_version (version, name, sha256) VALUES ($1, $2, $3)");
    if (!note) return fail(note.error());
    if (auto noted = (*note)->bind(number).bind(name).bind(digest).run(); !noted) return noted;
  }
  if (!known->empty() && known->back().first > newest)
    return fail(
        ErrorKind::config,
        fmt::format("the database has schema {}, this program knows up to {}", known->back().first, newest),
        "use the newer program that made the tables, or another database");
  return change.commit();
}

}  // namespace exai::store
