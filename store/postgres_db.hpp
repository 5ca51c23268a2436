// PostgreSQL behind the SQL layer: one connection.
#pragma once

#include "core/secret.hpp"
#include "io/postgres.hpp"
#include "store/sql/database.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace exai::store {

class PostgresDatabase final : public sql::Database {
 public:
  static Result<std::unique_ptr<PostgresDatabase>> open(const Secret& url, Deadline deadline);
  /// Over a connection that is open; statements have no time before set_deadline().
  explicit PostgresDatabase(std::unique_ptr<io::PgConnection> connection)
      : connection_(std::move(connection)) {}

  [[nodiscard]] const sql::Dialect& dialect() const override;
  Result<std::unique_ptr<sql::Statement>> prepare(std::string_view sql) override;
  Result<void> execute(const std::string& sql) override;
  void set_deadline(Deadline deadline) override { deadline_ = deadline; }
  [[nodiscard]] std::int64_t changes() const override { return changes_; }

  Result<std::string> ledger_query() override;
  Result<void> lock_schema() override;
  /// The connection is of no more use.
  [[nodiscard]] bool broken() const { return connection_->broken(); }
  /// As of the connection.
  bool alive() { return connection_->alive(); }
  [[nodiscard]] const io::PgConnection& connection() const { return *connection_; }

  /// For its statements.
  Result<io::PgRows> run(const std::string& sql, const io::PgParameters& parameters);

 private:
  std::unique_ptr<io::PgConnection> connection_;
  Deadline deadline_ = Deadline::after(Millis{0});
  std::int64_t changes_ = 0;
};

}  // namespace exai::store
