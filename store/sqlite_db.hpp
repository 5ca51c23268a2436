// The one place that names sqlite3: a connection and its statements.
#pragma once

#include "store/sql/database.hpp"

#include <filesystem>

struct sqlite3;

namespace exai::store {

class SqliteDatabase final : public sql::Database {
 public:
  /// Opens or creates the file (mode 0600), with write-ahead log and full synchronisation.
  static Result<std::unique_ptr<SqliteDatabase>> open(const std::filesystem::path& file);
  SqliteDatabase(const SqliteDatabase&) = delete;
  SqliteDatabase& operator=(const SqliteDatabase&) = delete;
  ~SqliteDatabase() override;
  [[nodiscard]] const sql::Dialect& dialect() const override;
  Result<std::unique_ptr<sql::Statement>> prepare(std::string_view sql) override;
  Result<void> execute(const std::string& sql) override;
  void set_deadline(Deadline deadline) override { deadline_ = deadline; }
  [[nodiscard]] std::int64_t changes() const override;
  Result<std::string> ledger_query() override;
  Result<void> lock_schema() override;

 private:
  SqliteDatabase() = default;
  sqlite3* handle_ = nullptr;
  std::string file_;
  Deadline deadline_ = Deadline::after(Millis{30000});
};

}  // namespace exai::store
