#include "store/sqlite_db.hpp"

#include <cerrno>
#include <charconv>
#include <cstring>

#include <fmt/core.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fcntl.h>
#include <unistd.h>

namespace exai::store {
namespace {

ErrorKind sqlite_kind(int code) {
  switch (code & 0xff) {
    case SQLITE_INTERRUPT:
      return ErrorKind::timeout;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorKind::busy;
    case SQLITE_CONSTRAINT:
      return ErrorKind::invalid;
    default:
      return ErrorKind::unreachable;
  }
}

std::string sqlite_hint(int code) {
  switch (code & 0xff) {
    case SQLITE_FULL:
      return "free space on the disk that holds EXAI_STATE_DIR";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return "make the folder of EXAI_STATE_DIR writable for this user";
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return "move the file away (a new one is made) or restore it from a backup";
    case SQLITE_BUSY:
      return "another process holds the database; stop it or try again";
    default:
      return {};
  }
}

tl::unexpected<Error> sqlite_failed(sqlite3* db, int code, std::string_view doing) {
  const int extended = db != nullptr ? sqlite3_extended_errcode(db) : code;
  return fail(sqlite_kind(code),
              fmt::format("database: {} failed: {} (sqlite {})", doing,
                          db != nullptr ? sqlite3_errmsg(db) : sqlite3_errstr(code), extended),
              sqlite_hint(code));
}

class SqliteStatement final : public sql::Statement {
 public:
  SqliteStatement(sqlite3* db, sqlite3_stmt* handle) : db_(db), handle_(handle) {}
  SqliteStatement(const SqliteStatement&) = delete;
  SqliteStatement& operator=(const SqliteStatement&) = delete;
  ~SqliteStatement() override { sqlite3_finalize(handle_); }

  using sql::Statement::bind;
  using sql::Statement::bind_real;
  Statement& bind(std::string_view text) override {
    sqlite3_bind_text64(handle_, next_++, text.data() != nullptr ? text.data() : "", text.size(),
                        SQLITE_TRANSIENT, SQLITE_UTF8);
    return *this;
  }
  Statement& bind(std::int64_t number) override {
    sqlite3_bind_int64(handle_, next_++, number);
    return *this;
  }
  Statement& bind_real(double number) override {
    sqlite3_bind_double(handle_, next_++, number);
    return *this;
  }
  Statement& bind_null() override {
    sqlite3_bind_null(handle_, next_++);
    return *this;
  }
  Result<bool> step() override {
    const int code = sqlite3_step(handle_);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return sqlite_failed(db_, code, "a statement");
  }
  Result<void> run() override {
    const Result<bool> row = step();
    sqlite3_reset(handle_);
    if (!row) return fail(row.error());
    return {};
  }
  Statement& reset() override {
    sqlite3_reset(handle_);
    sqlite3_clear_bindings(handle_);
    next_ = 1;
    return *this;
  }
  [[nodiscard]] std::string text(int column) const override {
    const auto* const bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
    return bytes == nullptr
               ? std::string{}
               : std::string(bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column)));
  }
  [[nodiscard]] std::int64_t number(int column) const override {
    return sqlite3_column_int64(handle_, column);
  }
  [[nodiscard]] double real(int column) const override { return sqlite3_column_double(handle_, column); }
  [[nodiscard]] bool is_null(int column) const override {
    return sqlite3_column_type(handle_, column) == SQLITE_NULL;
  }

 private:
  sqlite3* db_;
  sqlite3_stmt* handle_;
  int next_ = 1;  // SQLite numbers parameters as they are first mentioned
};

}  // namespace

Result<std::unique_ptr<SqliteDatabase>> SqliteDatabase::open(const std::filesystem::path& file) {
  const bool in_memory = file == ":memory:";
  if (!in_memory) {
    std::error_code problem;
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path(), problem);
    // Made here and not by SQLite, so that it is never readable for others, not even for a moment; its
    // journal files take over the mode.
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0)
      return fail(ErrorKind::config,
                  fmt::format("cannot open the database {}: {}", file.string(), std::strerror(errno)),
                  "make its folder writable, or set EXAI_STATE_DIR to another one");
    (void)::fchmod(descriptor, 0600);
    ::close(descriptor);
  }
  // Nobody asks SQLite how much memory it holds; counting takes a lock for each piece.
  static const int k_uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)k_uncounted;
  std::unique_ptr<SqliteDatabase> db(new SqliteDatabase());
  db->file_ = file.string();
  const int code = sqlite3_open_v2(file.c_str(), &db->handle_,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  if (code != SQLITE_OK) return sqlite_failed(db->handle_, code, "opening " + file.string());
  // Times are milliseconds here and stay so (sql::Dialect).
  const auto as_it_is = [](sqlite3_context* result, int, sqlite3_value** given) {
    sqlite3_result_value(result, *given);
  };
  for (const char* const name : {"at", "millis"})
    sqlite3_create_function_v2(db->handle_, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, nullptr, as_it_is,
                               nullptr, nullptr, nullptr);
  sqlite3_busy_timeout(db->handle_, 5000);
  sqlite3_progress_handler(
      db->handle_, 1000,
      [](void* self) { return static_cast<SqliteDatabase*>(self)->deadline_.passed() ? 1 : 0; }, db.get());
  const std::string journal = in_memory ? "" : "PRAGMA journal_mode=WAL;";
  // A checkpoint moves the log into the database at one go: a quarter of SQLite's 1,000 pages a time keeps
  // that below a millisecond of a processor that clients wait for.
  if (auto ready =
          db->execute(journal + "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-8000;"
                                "PRAGMA wal_autocheckpoint=250; PRAGMA temp_store=MEMORY;"
                                "PRAGMA trusted_schema=OFF;");
      !ready)
    return fail(std::move(ready.error()).during("opening " + file.string()));
  return db;
}

SqliteDatabase::~SqliteDatabase() {
  if (handle_ != nullptr) sqlite3_close_v2(handle_);
}

Result<std::unique_ptr<sql::Statement>> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const std::string text = sql::with_schema(sql, dialect());
  const int code =
      sqlite3_prepare_v2(handle_, text.data(), static_cast<int>(text.size()), &statement, nullptr);
  if (code != SQLITE_OK) return sqlite_failed(handle_, code, "preparing a statement");
  return std::make_unique<SqliteStatement>(handle_, statement);
}

const sql::Dialect& SqliteDatabase::dialect() const {
  static constexpr sql::Dialect k_dialect{.schema = "", .begin = "BEGIN IMMEDIATE", .arrival = "rowid"};
  return k_dialect;
}

Result<void> SqliteDatabase::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return sqlite_failed(handle_, code, "a statement");
  return {};
}

std::int64_t SqliteDatabase::changes() const {
  return sqlite3_changes64(handle_);
}

Result<std::string> SqliteDatabase::ledger_query() {
  const auto columns = prepare(
      "SELECT count(*), coalesce(sum(name = 'sha256'), 0)"
      " FROM pragma_table_info('schema_version')");
  if (!columns) return fail(columns.error());
  if (const Result<bool> row = (*columns)->step(); !row) return fail(row.error());
  if ((*columns)->number(0) == 0) return std::string();
  // Ledgers from before there were digests.
  if ((*columns)->number(1) == 0)
    return std::string("SELECT version, name, '', applied FROM schema_version ORDER BY version");
  return std::string("SELECT version, name, sha256, applied FROM schema_version ORDER BY version");
}

Result<void> SqliteDatabase::lock_schema() {
  // The transaction that is open is the lock: there is one writer at a time.
  if (auto made = execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, name TEXT"
                          " NOT NULL, applied TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')),"
                          " sha256 TEXT NOT NULL DEFAULT '')");
      !made)
    return made;
  const auto query = ledger_query();
  if (!query) return fail(query.error());
  if (query->find("sha256") != std::string::npos) return {};
  return execute("ALTER TABLE schema_version ADD COLUMN sha256 TEXT NOT NULL DEFAULT ''");
}

}  // namespace exai::store
