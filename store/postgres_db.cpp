#include "store/postgres_db.hpp"

#include "store/postgres_text.hpp"

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
  PostgresStatement(PostgresDatabase& db, std::string sql) : db_(db), sql_(std::move(sql)) {}

  using sql::Statement::bind;
  using sql::Statement::bind_real;
  Statement& bind(std::string_view text) override {
    parameters_.push_back(to_postgres_text(text));
    return *this;
  }
  Statement& bind(std::int64_t number) override {
    parameters_.push_back(std::to_string(number));
    return *this;
  }
  Statement& bind_real(double number) override {
    parameters_.emplace_back(fmt::format("{}", number));
    return *this;
  }
  Statement& bind_null() override {
    parameters_.emplace_back(std::nullopt);
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
  [[nodiscard]] double real(int column) const override {
    const std::string_view text = rows_.text(row_, static_cast<std::size_t>(column));
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
  }
  [[nodiscard]] bool is_null(int column) const override {
    return rows_.is_null(row_, static_cast<std::size_t>(column));
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
  io::PgParameters parameters_;
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
  // Our own schema: a project of Supabase has tables of these names in "public", and serves that one to
  // strangers.
  static constexpr sql::Dialect k_dialect{
      .schema = "exai.",
      .begin = "BEGIN; SET LOCAL statement_timeout = '30s'; SET LOCAL lock_timeout = '10s'",
      .arrival = "arrival"};
  return k_dialect;
}

Result<std::unique_ptr<sql::Statement>> PostgresDatabase::prepare(std::string_view sql) {
  return std::make_unique<PostgresStatement>(*this, sql::with_schema(sql, dialect()));
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

Result<io::PgRows> PostgresDatabase::run(const std::string& sql, const io::PgParameters& parameters) {
  auto rows = connection_->run(sql, parameters, deadline_);
  if (rows) changes_ = rows->changed();
  return rows;
}

Result<std::string> PostgresDatabase::ledger_query() {
  const auto there = run("SELECT to_regclass('exai.schema_version') IS NOT NULL", {});
  if (!there) return fail(there.error());
  if (there->text(0, 0) != "t") return std::string();
  return std::string("SELECT version, name, sha256, applied FROM @schema_version ORDER BY version");
}

Result<void> PostgresDatabase::lock_schema() {
  // "exai" as a number; it ends with the transaction.
  return execute(
      "SELECT pg_advisory_xact_lock(1702390121);"
      "DO $$ BEGIN IF to_regnamespace('exai') IS NULL THEN CREATE SCHEMA exai; END IF; END $$;"
      "SET LOCAL search_path TO exai;"
      "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY,"
      " name TEXT NOT NULL, sha256 TEXT NOT NULL,"
      " applied TIMESTAMPTZ NOT NULL DEFAULT now());"
      "ALTER TABLE schema_version ENABLE ROW LEVEL SECURITY");
}

}  // namespace exai::store
