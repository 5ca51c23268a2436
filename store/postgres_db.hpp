// PostgreSQL behind the SQL layer: one connection, and what brings its tables up to date.
#pragma once

#include "core/secret.hpp"
#include "io/postgres.hpp"
#include "store/sql/database.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::store {

class PostgresDatabase final : public sql::Database {
 public:
  using SqlFile = std::pair<std::string_view, std::string_view>;  // "0001_x.sql" and what it says

  static Result<std::unique_ptr<PostgresDatabase>> open(const Secret& url, Deadline deadline);

  [[nodiscard]] const sql::Dialect& dialect() const override;
  Result<std::unique_ptr<sql::Statement>> prepare(std::string_view sql) override;
  Result<void> execute(const std::string& sql) override;
  void set_deadline(Deadline deadline) override { deadline_ = deadline; }
  [[nodiscard]] std::int64_t changes() const override { return changes_; }

  /// Applies what is missing, in one transaction under a lock: of two processes that start together one does
  /// it and the other waits. `config`: the tables are newer than this program, or a migration that was
  /// applied reads differently now.
  Result<void> migrate(const std::vector<SqlFile>& files);
  /// The connection is of no more use.
  [[nodiscard]] bool broken() const { return connection_->broken(); }

  /// For its statements.
  Result<io::PgRows> run(const std::string& sql, const std::vector<std::string>& parameters);

 private:
  explicit PostgresDatabase(std::unique_ptr<io::PgConnection> connection)
      : connection_(std::move(connection)) {}
  Result<std::vector<std::pair<std::int64_t, std::string>>> applied();

  std::unique_ptr<io::PgConnection> connection_;
  Deadline deadline_ = Deadline::after(Millis{0});
  std::int64_t changes_ = 0;
};

}  // namespace exai::store
