// What statements need of a database: connections, parameters, rows, transactions. No library of any database
// is named here, so that the statements of an aggregate are written once for all homes.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::store::sql {

/// What databases say differently. All else is written so that each of them takes it: parameters are $1, $2,
/// … and are first mentioned in this order; what may be there already is inserted with ON CONFLICT; in an
/// update a column of the row that is there is named with its table; truth is a number (`$1 = 1`); a table is
/// written "@runs", and stands where the home has its tables. Where a table has times of the database's own
/// type, @at(millis) makes one and @millis(time) reads it.
struct Dialect {
  std::string_view schema;   ///< stands before the name of a table: "exai."; may be empty
  std::string_view begin;    ///< begins a transaction that is going to write
  std::string_view arrival;  ///< what orders the rows of a table as they were inserted
};

/// Times are milliseconds since 1970 in UTC.
inline std::int64_t to_millis(Wall at) {
  return std::chrono::duration_cast<Millis>(at.time_since_epoch()).count();
}

/// A prepared statement. Values are bound in order; reset() makes it ready for the next ones.
class Statement {
 public:
  virtual ~Statement() = default;
  virtual Statement& bind(std::string_view text) = 0;
  virtual Statement& bind(std::int64_t number) = 0;
  Statement& bind(Wall at) { return bind(to_millis(at)); }
  virtual Statement& bind_real(double number) = 0;
  virtual Statement& bind_null() = 0;
  Statement& bind_real(const std::optional<double>& number) {
    return number ? bind_real(*number) : bind_null();
  }
  Statement& bind_number(const std::optional<std::int64_t>& number) {
    return number ? bind(*number) : bind_null();
  }
  /// True when there is a row, which stays until the next step.
  virtual Result<bool> step() = 0;
  /// Runs a statement to its end whose rows nobody wants.
  virtual Result<void> run() = 0;
  virtual Statement& reset() = 0;
  /// Of the row, counted from zero.
  [[nodiscard]] virtual std::string text(int column) const = 0;
  [[nodiscard]] virtual std::int64_t number(int column) const = 0;
  [[nodiscard]] virtual double real(int column) const = 0;
  [[nodiscard]] virtual bool is_null(int column) const = 0;
  [[nodiscard]] Wall time(int column) const { return Wall(Millis(number(column))); }
  /// Nothing for NULL.
  [[nodiscard]] std::optional<double> some_real(int column) const {
    return is_null(column) ? std::nullopt : std::optional(real(column));
  }
  [[nodiscard]] std::optional<std::int64_t> some_number(int column) const {
    return is_null(column) ? std::nullopt : std::optional(number(column));
  }
};

/// All rows of a query, each as `read` makes it.
template <class Read>
auto read_all(Statement& query, const Read& read)
    -> Result<std::vector<decltype(read(std::as_const(query)))>> {
  std::vector<decltype(read(std::as_const(query)))> rows;
  for (;;) {
    const Result<bool> row = query.step();
    if (!row) return fail(row.error());
    if (!*row) return rows;
    rows.push_back(read(std::as_const(query)));
  }
}

/// One connection, used by one thread at a time.
class Database {
 public:
  virtual ~Database() = default;
  [[nodiscard]] virtual const Dialect& dialect() const = 0;
  virtual Result<std::unique_ptr<Statement>> prepare(std::string_view sql) = 0;
  virtual Result<void> execute(const std::string& sql) = 0;
  /// Statements that run past it are interrupted (kind timeout).
  virtual void set_deadline(Deadline deadline) = 0;
  /// Rows changed by the last statement.
  [[nodiscard]] virtual std::int64_t changes() const = 0;

  /// Reads the ledger of migrations: version, name, digest, when, by version; "" where there is none yet.
  virtual Result<std::string> ledger_query() = 0;
  /// In a transaction: keeps others from changing the tables until its end, and makes the ledger.
  virtual Result<void> lock_schema() = 0;
};

/// The statement with every "@" as the schema of that home.
std::string with_schema(std::string_view sql, const Dialect& dialect);

/// Rolled back when it goes out of scope before commit().
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

/// Where connections come from. Thread-safe.
class Pool {
 public:
  virtual ~Pool() = default;
  struct GiveBack {
    void operator()(Database* db) const { pool->release(*db); }
    Pool* pool = nullptr;
  };
  /// A connection for one call, given back when this goes out of scope; its deadline is set.
  using Lease = std::unique_ptr<Database, GiveBack>;
  virtual Result<Lease> acquire() = 0;

 protected:
  virtual void release(Database& db) = 0;
};

}  // namespace exai::store::sql
