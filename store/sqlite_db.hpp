// The one place that names sqlite3: a connection, statements, transactions, migrations.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace exai::store {

using SqlFile = std::pair<std::string_view, std::string_view>;  ///< base name "0001_what", text

/// One prepared statement. Values are bound in order; reset() makes it ready again.
class Statement {
 public:
  Statement(sqlite3* db, sqlite3_stmt* handle) : db_(db), handle_(handle) {}
  Statement(Statement&& other) noexcept
      : db_(other.db_), handle_(std::exchange(other.handle_, nullptr)), next_(other.next_) {}
  Statement& operator=(Statement&&) = delete;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement();
  Statement& bind(std::string_view text);
  Statement& bind(std::int64_t number);
  /// True when there is a row.
  Result<bool> step();
  /// Runs a statement that gives no rows.
  Result<void> run();
  Statement& reset();
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::int64_t number(int column) const;

 private:
  sqlite3* db_;
  sqlite3_stmt* handle_;
  int next_ = 1;
};

/// One connection; not thread-safe by itself.
class Database {
 public:
  /// Opens or creates the file (mode 0600), with write-ahead log and full synchronisation.
  static Result<std::unique_ptr<Database>> open(const std::filesystem::path& file);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();
  Result<Statement> prepare(std::string_view sql);
  Result<void> execute(const std::string& sql);
  /// Applies what is missing, all in one transaction; a database newer than this program is a
  /// config error.
  Result<void> migrate(const std::vector<SqlFile>& files);
  /// Statements that run past it are interrupted (kind timeout).
  void set_deadline(Deadline deadline) { deadline_ = deadline; }
  /// Rows changed by the last statement.
  [[nodiscard]] std::int64_t changes() const;

 private:
  Database() = default;
  Result<std::int64_t> schema_version();
  sqlite3* handle_ = nullptr;
  std::string file_;
  Deadline deadline_ = Deadline::after(Millis{30000});
};

/// BEGIN IMMEDIATE ... COMMIT; rolled back when it goes out of scope before commit().
class Transaction {
 public:
  explicit Transaction(Database& db) : db_(db) {}
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  Result<void> begin();
  Result<void> commit();

 private:
  Database& db_;
  bool open_ = false;
};

}  // namespace exai::store
