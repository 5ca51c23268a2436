// A connection to PostgreSQL. Knows no tables; every wait ends at its deadline, whatever the server does.
#pragma once

#include "core/deadline.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::io {

/// Values of a statement, as text; nothing is NULL.
using PgParameters = std::vector<std::optional<std::string>>;

/// What a statement brought.
class PgRows {
 public:
  PgRows() = default;
  [[nodiscard]] std::size_t rows() const;
  [[nodiscard]] std::size_t columns() const;
  /// As text, "" for NULL; counted from zero.
  [[nodiscard]] std::string_view text(std::size_t row, std::size_t column) const;
  [[nodiscard]] bool is_null(std::size_t row, std::size_t column) const;
  /// What the server did: "INSERT 0 1", "COMMIT"; "" where nothing was sent.
  [[nodiscard]] std::string_view command() const;
  /// Rows that the statement changed.
  [[nodiscard]] std::int64_t changed() const;

 private:
  friend class PgConnection;
  explicit PgRows(std::shared_ptr<void> result) : result_(std::move(result)) {}
  std::shared_ptr<void> result_;
};

/// Whom an address names, as libpq reads it; what it leaves out is empty.
struct PgAddress {
  std::string user, host, port, database, sslmode;
  bool has_password = false;
  /// Nothing leaves this machine on the way there.
  [[nodiscard]] bool is_this_machine() const;
};

/// What each phase of opening took; zero for one that there was not.
struct PgTimes {
  Micros resolve{0}, connect{0}, tls{0}, auth{0};
};

/// How the connection is guarded.
struct PgTls {
  std::string version;    ///< "TLSv1.3"; "" for none
  bool verified = false;  ///< name and chain of the certificate were
};

/// One connection, used by one thread at a time. After an error of kind `timeout` or `unreachable` it is
/// broken() and of no more use: what the server did with the last statement is then not known.
class PgConnection {
 public:
  /// `url`: "postgresql://user:password@host:port/database?sslmode=...", as libpq reads it. Without an
  /// sslmode a host that is not this machine must prove who it is (verify-full, against the roots of the
  /// system); a weaker one for such a host is refused (`config`). Errors: `config` (no URL of that form, no
  /// libpq, who is not known there), `unreachable`, `timeout`. No message repeats the password.
  static Result<std::unique_ptr<PgConnection>> open(const Secret& url, Deadline deadline);
  /// What open() would connect to, "user@host:5432/database", or why it would not try; nothing is asked of
  /// any server.
  static Result<std::string> target(const Secret& url);
  /// The parts of what is written there, printable, whether open() would take it or not. `config` for what
  /// libpq does not read.
  static Result<PgAddress> address(const Secret& url);
  PgConnection(const PgConnection&) = delete;
  PgConnection& operator=(const PgConnection&) = delete;
  PgConnection(PgConnection&&) = delete;
  PgConnection& operator=(PgConnection&&) = delete;
  ~PgConnection();

  /// One statement with parameters $1, $2, …, each as text. It is not prepared under a name, so that a pooler
  /// may give each transaction another connection. Errors: `invalid` (a constraint, a value), `busy` (a lock,
  /// too many connections), `timeout`, `unreachable`, else `internal`.
  Result<PgRows> run(const std::string& sql, const PgParameters& parameters, Deadline deadline);
  /// Several statements without parameters; the rows of the last.
  Result<PgRows> run(const std::string& sql, Deadline deadline);

  [[nodiscard]] bool broken() const { return broken_; }
  /// Asked of one that has been idle: false when the server has ended it meanwhile. Nothing is sent.
  bool alive();
  /// 150018 = 15.18
  [[nodiscard]] int server_version() const;
  /// The same as the server writes it: "15.18 (Debian 15.18-0+deb12u1)".
  [[nodiscard]] std::string version_text() const;
  /// The process that serves this connection, as was said when it was opened; a pooler makes a number up.
  [[nodiscard]] int backend() const;
  [[nodiscard]] PgTls tls() const;
  [[nodiscard]] const PgTimes& times() const { return times_; }

 private:
  struct Impl;
  explicit PgConnection(std::unique_ptr<Impl> impl);
  Result<PgRows> finish(Deadline deadline);
  Result<void> flush(Deadline deadline);
  Result<std::shared_ptr<void>> next_result(Deadline deadline);
  Result<void> connect(Deadline deadline, const std::string& shown);
  tl::unexpected<Error> late();
  tl::unexpected<Error> lost(std::string_view doing);

  std::unique_ptr<Impl> impl_;
  bool broken_ = false;
  PgTimes times_;
};

}  // namespace exai::io
