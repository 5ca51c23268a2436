// What one visit to the PostgreSQL of a deployment finds out: asked once a run, judged by several checks.
#pragma once

#include "core/check.hpp"
#include "core/secret.hpp"
#include "io/postgres.hpp"
#include "store/sql/migrate.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace exai::checks {

/// As whom we are there.
struct PostgresRole {
  std::string name;
  bool superuser = false;
  bool bypasses = false;  ///< row level security
  bool replica = false;   ///< the server replays another one
  bool read_only = false;
};

/// One of our tables or views.
struct PostgresTable {
  std::string name;
  bool view = false;
  bool guarded = false;        ///< row level security is on; of a view: it asks as who asks it
  bool open_to_us = true;      ///< we see its rows
  bool open_to_server = true;  ///< the role service_role has a policy, or there is no such role
  std::string strangers;       ///< names of policies that let strangers in
};

/// What a role saw that must see nothing; of a table of ours each.
enum class StrangerSaw : std::uint8_t { refused, none, rows, failed };
using StrangerLook = std::map<std::string, StrangerSaw, std::less<>>;

struct PostgresWrite {
  Micros insert{0}, read{0}, remove{0};
  bool own_tables = true;  ///< else in a table made for it: ours were not there yet
};

struct PostgresConnections {
  std::int64_t used = 0, ours = 0;
  std::int64_t limit = 0;  ///< of the server without those that it keeps for itself, or of role or database
};

/// What stands between us and the server.
struct PostgresPooler {
  enum class Kind : std::uint8_t { direct, session, transaction };
  Kind kind = Kind::direct;
  std::string sign;  ///< how it was recognised
};

/// The answer to a question until it is asked.
inline tl::unexpected<Error> postgres_unasked() {
  return fail(ErrorKind::unreachable, "PostgreSQL was not asked");
}

struct PostgresSize {
  std::int64_t ours = 0, database = 0;  ///< bytes
};

/// What the server said; its words are printable. A question that was not answered is an error of its own.
struct PostgresFacts {
  std::string target;  ///< "user@host:5432/database"
  bool local = false;  ///< reached without leaving the machine
  io::PgTimes times;
  io::PgTls tls;
  int version = 0;  ///< 150018 = 15.18
  std::string version_text;
  std::vector<Micros> rounds;  ///< SELECT 1, one at least
  Result<PostgresRole> role = postgres_unasked();
  Result<std::vector<store::sql::MigrationRow>> migrations = postgres_unasked();
  Result<std::vector<PostgresTable>> tables = postgres_unasked();
  /// By the names of roles that Supabase gives to strangers; none where they are not there.
  Result<std::map<std::string, Result<StrangerLook>, std::less<>>> strangers = postgres_unasked();
  Result<PostgresWrite> write = postgres_unasked();
  Result<PostgresConnections> connections = postgres_unasked();
  Result<Millis> ahead = postgres_unasked();  ///< the server's clock, of ours
  Result<PostgresSize> size = postgres_unasked();
  Result<PostgresPooler> pooler = postgres_unasked();
  bool whole = false;  ///< nothing was cut short by the deadline or a stop

  [[nodiscard]] Micros until_open() const { return times.resolve + times.connect + times.tls + times.auth; }
};

struct PostgresVisit {
  Secret url;
  std::size_t rounds = 1;
  Deadline deadline;
  std::stop_token stop{};
  const Clock& clock = system_clock();
};

/// Connects and asks; all that is written is rolled back. An error when there is no connection, with the way
/// out where it is one of the usual mistakes.
Result<PostgresFacts> visit_postgres(const PostgresVisit& visit);

/// Of the database that store.url names; nothing when it names none. Measured once a run.
std::shared_ptr<const Result<PostgresFacts>> measure_postgres(const CheckContext& context);

}  // namespace exai::checks
