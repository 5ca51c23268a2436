#include "checks/measure/postgres_facts.hpp"

#include "checks/measure/postgres_address.hpp"
#include "core/text.hpp"
#include "store/pools.hpp"
#include "store/postgres_db.hpp"

#include <charconv>

#include <fmt/core.h>

namespace exai::checks {
namespace {

constexpr std::size_t k_checks_rounds = 10;

// Nobody waits behind a probe for long, nor a probe behind them.
constexpr const char* k_begin_probe =
    "BEGIN; SET LOCAL statement_timeout = '3s'; SET LOCAL lock_timeout = '1s'";

constexpr const char* k_role_query = R"(
SELECT r.rolname, r.rolsuper, r.rolbypassrls, pg_is_in_recovery(), current_setting('transaction_read_only') = 'on',
       pg_backend_pid()
  FROM pg_roles r WHERE r.rolname = current_user)";

// A policy lets in everybody (role 0) or roles by name; only permissive ones do.
constexpr const char* k_tables_query = R"(
SELECT c.relname, c.relkind = 'v',
       CASE c.relkind WHEN 'v' THEN coalesce((SELECT option_value::boolean FROM pg_options_to_table(c.reloptions)
                                               WHERE option_name = 'security_invoker'), false)
                      ELSE c.relrowsecurity END,
       c.relkind = 'v' OR NOT row_security_active(c.oid) OR EXISTS (
         SELECT FROM pg_policy p, unnest(p.polroles) one
          WHERE p.polrelid = c.oid AND p.polpermissive AND (one = 0 OR pg_has_role(one, 'USAGE'))),
       c.relkind = 'v' OR NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'service_role' AND NOT rolbypassrls)
         OR EXISTS (SELECT FROM pg_policy p, unnest(p.polroles) one JOIN pg_roles r ON r.oid = one
                     WHERE p.polrelid = c.oid AND p.polpermissive AND r.rolname = 'service_role'),
       coalesce((SELECT string_agg(p.polname, ', ' ORDER BY p.polname) FROM pg_policy p
                  WHERE p.polrelid = c.oid AND p.polpermissive AND EXISTS (
                    SELECT FROM unnest(p.polroles) one LEFT JOIN pg_roles r ON r.oid = one
                     WHERE one = 0 OR r.rolname IN ('anon', 'authenticated'))), '')
  FROM pg_class c WHERE c.relnamespace = to_regnamespace('exai') AND c.relkind IN ('r', 'p', 'v')
 ORDER BY 1 LIMIT 500)";

// A row of ours, so that a table that was empty proves something; then the role, and what it sees of each
// table.
constexpr const char* k_look = R"(
DO $look$
DECLARE
  name TEXT;
  seen BIGINT;
  saw  TEXT := '';
BEGIN
  BEGIN
    INSERT INTO exai.conversations (id, created, updated, owner, state)
      VALUES ('exai-probe-' || gen_random_uuid(), 0, 0, 'exai-probe', '');
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;
  SET LOCAL ROLE {};
  FOR name IN SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
               WHERE n.nspname = 'exai' AND c.relkind IN ('r', 'p', 'v') ORDER BY 1 LIMIT 500 LOOP
    BEGIN
      EXECUTE format('SELECT count(*) FROM (SELECT FROM exai.%I LIMIT 1) one', name) INTO seen;
      saw := saw || name || '=' || CASE seen WHEN 0 THEN 'none' ELSE 'rows' END || E'\n';
    EXCEPTION
      WHEN insufficient_privilege THEN saw := saw || name || E'=refused\n';
      WHEN OTHERS THEN saw := saw || name || E'=failed\n';
    END;
  END LOOP;
  PERFORM set_config('exai.probe', saw, true);
END $look$)";

// Used and limit of the server, of the role and of the database; and how many are ours.
constexpr const char* k_connections_query = R"(
WITH clients AS (SELECT usename, datname, application_name FROM pg_stat_activity
                  WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend')
SELECT (SELECT count(*) FROM clients),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
       (SELECT count(*) FROM clients WHERE usename = current_user),
       (SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user),
       (SELECT count(*) FROM clients WHERE datname = current_database()),
       (SELECT datconnlimit FROM pg_database WHERE datname = current_database()),
       (SELECT count(*) FROM clients WHERE application_name = 'exai'))";

constexpr const char* k_size_query = R"(
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint, pg_database_size(current_database())
  FROM pg_class c WHERE c.relnamespace = to_regnamespace('exai') AND c.relkind = 'r')";

std::int64_t pg_number(const io::PgRows& rows, std::size_t column) {
  const std::string_view text = rows.text(0, column);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool pg_truth(const io::PgRows& rows, std::size_t row, std::size_t column) {
  return rows.text(row, column) == "t";
}

/// Asks over one connection; after it broke, every answer is why.
class PostgresAsker {
 public:
  PostgresAsker(store::PostgresDatabase& db, const PostgresVisit& visit) : db_(db), visit_(visit) {
    db_.set_deadline(visit.deadline);
  }

  Result<io::PgRows> rows(const std::string& sql, const io::PgParameters& parameters = {}) {
    if (const auto can = able(); !can) return fail(can.error());
    auto rows = db_.run(sql, parameters);
    if (!rows) return noted(rows.error());
    return rows;
  }
  /// One row at least.
  Result<io::PgRows> ask(const std::string& sql, const io::PgParameters& parameters = {}) {
    auto found = rows(sql, parameters);
    if (found && found->rows() == 0) return fail(ErrorKind::invalid, "PostgreSQL answered without a row");
    return found;
  }
  Result<void> execute(const std::string& sql) {
    if (const auto can = able(); !can) return can;
    auto done = db_.execute(sql);
    if (!done) return noted(done.error());
    return done;
  }
  /// What `work` does in a transaction that is rolled back whatever it returns.
  template <class Work>
  auto undone(const Work& work) -> decltype(work()) {
    if (const auto begun = execute(k_begin_probe); !begun) {
      static_cast<void>(execute("ROLLBACK"));
      return fail(begun.error());
    }
    auto result = work();
    static_cast<void>(execute("ROLLBACK"));
    return result;
  }
  /// What took how long.
  template <class Work>
  Result<io::PgRows> timed(Micros& time, const Work& work) {
    const Steady began = visit_.clock.steady();
    Result<io::PgRows> rows = work();
    time = std::chrono::duration_cast<Micros>(visit_.clock.steady() - began);
    return rows;
  }
  store::PostgresDatabase& db() { return db_; }
  [[nodiscard]] const PostgresVisit& visit() const { return visit_; }
  [[nodiscard]] bool whole() const { return !ended_; }

 private:
  Result<void> able() {
    if (ended_) return fail(*ended_);
    if (!visit_.stop.stop_requested()) return {};
    return fail(ended_.emplace(make_error(ErrorKind::cancelled, "asking PostgreSQL was stopped")));
  }
  tl::unexpected<Error> noted(const Error& error) {
    if (db_.broken()) ended_ = error;
    return fail(error);
  }

  store::PostgresDatabase& db_;
  const PostgresVisit& visit_;
  std::optional<Error> ended_;
};

Result<PostgresRole> ask_role(PostgresAsker& asker, std::int64_t& backend) {
  const auto rows = asker.ask(k_role_query);
  if (!rows) return fail(rows.error());
  backend = pg_number(*rows, 5);
  return PostgresRole{printable(rows->text(0, 0)), pg_truth(*rows, 0, 1), pg_truth(*rows, 0, 2),
                      pg_truth(*rows, 0, 3), pg_truth(*rows, 0, 4)};
}

Result<std::vector<PostgresTable>> ask_tables(PostgresAsker& asker) {
  const auto there = asker.ask("SELECT to_regnamespace('exai') IS NOT NULL");
  if (!there) return fail(there.error());
  if (!pg_truth(*there, 0, 0)) return std::vector<PostgresTable>{};
  const auto rows = asker.rows(k_tables_query);
  if (!rows) return fail(rows.error());
  std::vector<PostgresTable> tables;
  for (std::size_t i = 0; i < rows->rows(); ++i)
    tables.push_back({printable(rows->text(i, 0)), pg_truth(*rows, i, 1), pg_truth(*rows, i, 2),
                      pg_truth(*rows, i, 3), pg_truth(*rows, i, 4), printable(rows->text(i, 5))});
  return tables;
}

Result<StrangerLook> look_as(PostgresAsker& asker, const std::string& role) {
  return asker.undone([&]() -> Result<StrangerLook> {
    if (const auto looked = asker.execute(fmt::format(k_look, role)); !looked) return fail(looked.error());
    const auto rows = asker.ask("SELECT current_setting('exai.probe')");
    if (!rows) return fail(rows.error());
    StrangerLook look;
    for (const std::string& line : split(rows->text(0, 0), '\n')) {
      const std::size_t equals = line.rfind('=');
      if (equals == std::string::npos) continue;
      const std::string_view saw = std::string_view(line).substr(equals + 1);
      look[printable(line.substr(0, equals))] = saw == "refused" ? StrangerSaw::refused
                                                : saw == "none"  ? StrangerSaw::none
                                                : saw == "rows"  ? StrangerSaw::rows
                                                                 : StrangerSaw::failed;
    }
    return look;
  });
}

Result<std::map<std::string, Result<StrangerLook>, std::less<>>> look_as_strangers(PostgresAsker& asker) {
  const auto there = asker.ask(
      "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = 'anon'),"
      " EXISTS (SELECT FROM pg_roles WHERE rolname = 'authenticated')");
  if (!there) return fail(there.error());
  std::map<std::string, Result<StrangerLook>, std::less<>> looks;
  for (const auto& [column, role] : {std::pair{0U, "anon"}, std::pair{1U, "authenticated"}})
    if (pg_truth(*there, 0, column)) looks.emplace(role, look_as(asker, role));
  return looks;
}

Result<PostgresWrite> try_write(PostgresAsker& asker, bool own_tables) {
  return asker.undone([&]() -> Result<PostgresWrite> {
    PostgresWrite write;
    write.own_tables = own_tables;
    const std::string table = own_tables ? "exai.conversations" : "exai_probe.conversations";
    if (!own_tables)
      if (const auto made =
              asker.execute("CREATE SCHEMA exai_probe; CREATE TABLE exai_probe.conversations"
                            " (id TEXT PRIMARY KEY, created BIGINT, updated BIGINT, owner TEXT, state TEXT)");
          !made)
        return fail(made.error());
    const auto inserted = asker.timed(write.insert, [&] {
      return asker.ask("INSERT INTO " + table +
                       " (id, created, updated, owner, state)"
                       " VALUES ('exai-probe-' || gen_random_uuid(), 0, 0, 'exai-probe', '') RETURNING id");
    });
    if (!inserted) return fail(inserted.error());
    const std::string id(inserted->text(0, 0));
    const auto read = asker.timed(
        write.read, [&] { return asker.ask("SELECT owner FROM " + table + " WHERE id = $1", {id}); });
    if (!read) return fail(read.error());
    const auto removed = asker.timed(write.remove, [&] {
      return asker.ask("DELETE FROM " + table + " WHERE id = $1 RETURNING id", {id});
    });
    if (!removed) return fail(removed.error());
    if (read->text(0, 0) == "exai-probe" && removed->text(0, 0) == id) return write;
    return fail(ErrorKind::invalid, "what was read is not what was written");
  });
}

Result<PostgresConnections> ask_connections(PostgresAsker& asker) {
  const auto rows = asker.ask(k_connections_query);
  if (!rows) return fail(rows.error());
  PostgresConnections tightest{0, pg_number(*rows, 6), 0};
  double worst = -1;
  for (const std::size_t column : {0U, 2U, 4U}) {
    const std::int64_t used = pg_number(*rows, column), limit = pg_number(*rows, column + 1);
    if (limit <= 0) continue;  // -1: none
    const double part = static_cast<double>(used) / static_cast<double>(limit);
    if (part <= worst) continue;
    worst = part;
    tightest.used = used;
    tightest.limit = limit;
  }
  if (worst < 0) return fail(ErrorKind::invalid, "PostgreSQL names no limit of connections");
  return tightest;
}

Result<Millis> ask_clock(PostgresAsker& asker) {
  const auto wall = [&] {
    return std::chrono::duration_cast<Millis>(asker.visit().clock.wall().time_since_epoch());
  };
  const Millis before = wall();
  const auto rows = asker.ask("SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint");
  if (!rows) return fail(rows.error());
  return Millis(pg_number(*rows, 0)) - (before + wall()) / 2;
}

Result<PostgresSize> ask_size(PostgresAsker& asker) {
  // It waits for whoever holds one of the tables.
  return asker.undone([&]() -> Result<PostgresSize> {
    const auto rows = asker.ask(k_size_query);
    if (!rows) return fail(rows.error());
    return PostgresSize{pg_number(*rows, 0), pg_number(*rows, 1)};
  });
}

/// Of two connections of ours one holds a transaction; when the other one gets another process of the server
/// for its next statement, processes belong to transactions and not to sessions.
Result<PostgresPooler> try_pooler(PostgresAsker& asker, std::int64_t backend) {
  using Kind = PostgresPooler::Kind;
  constexpr Millis k_patience{2000};
  const auto other_connection = io::PgConnection::open(asker.visit().url, asker.visit().deadline);
  if (!other_connection) return fail(other_connection.error());
  const Deadline deadline = asker.visit().deadline.within(k_patience, asker.visit().clock);
  if (const auto held = (*other_connection)->run("BEGIN; SELECT pg_backend_pid()", deadline); !held)
    return fail(held.error());
  asker.db().set_deadline(deadline);
  const auto now = asker.db().run("SELECT pg_backend_pid()", {});
  if (!now && now.error().kind == ErrorKind::timeout && !asker.visit().deadline.passed())
    return PostgresPooler{Kind::transaction, "a second transaction had to wait: it has one connection"};
  if (!now) return fail(now.error());
  return now->rows() == 1 && pg_number(*now, 0) != backend
             ? PostgresPooler{Kind::transaction, "two transactions of one connection had two processes"}
             : PostgresPooler{Kind::session, "one connection kept its process"};
}

Result<PostgresPooler> ask_pooler(PostgresAsker& asker, std::int64_t backend, const io::PgAddress& address) {
  using Kind = PostgresPooler::Kind;
  const bool supabase = supabase_host(address.host).role == SupabaseHost::Role::pooler;
  if (supabase || (supabase_host(address.host).role == SupabaseHost::Role::direct && address.port == "6543"))
    return PostgresPooler{address.port == "6543" ? Kind::transaction : Kind::session,
                          "by host and port, Supabase's"};
  if (backend == asker.db().connection().backend())
    return PostgresPooler{Kind::direct, "the process that serves is the one that let us in"};
  return try_pooler(asker, backend);
}

Result<std::unique_ptr<store::PostgresDatabase>> enter_postgres(const PostgresVisit& visit) {
  if (auto mistake = postgres_mistake(visit.url)) return fail(std::move(*mistake));
  auto connection = io::PgConnection::open(visit.url, visit.deadline);
  if (!connection) return fail(explain_postgres(visit.url, connection.error()));
  return std::make_unique<store::PostgresDatabase>(std::move(*connection));
}

bool has_conversations(const PostgresFacts& facts) {
  if (!facts.tables) return false;
  return std::any_of(facts.tables->begin(), facts.tables->end(),
                     [](const PostgresTable& table) { return table.name == "conversations"; });
}

}  // namespace

Result<PostgresFacts> visit_postgres(const PostgresVisit& visit) {
  const auto db = enter_postgres(visit);
  if (!db) return fail(db.error());
  const auto address = io::PgConnection::address(visit.url);
  if (!address) return fail(address.error());
  PostgresFacts facts;
  const io::PgConnection& connection = (*db)->connection();
  facts.target = io::PgConnection::target(visit.url).value_or("PostgreSQL");
  facts.local = address->is_this_machine();
  facts.times = connection.times();
  facts.tls = connection.tls();
  facts.version = connection.server_version();
  facts.version_text = connection.version_text();
  PostgresAsker asker(**db, visit);
  for (std::size_t i = 0; i < visit.rounds; ++i)
    if (const auto one = asker.timed(facts.rounds.emplace_back(), [&] { return asker.ask("SELECT 1"); });
        !one)
      return fail(explain_postgres(visit.url, one.error()));
  std::int64_t backend = 0;
  facts.role = ask_role(asker, backend);
  facts.migrations =
      asker.undone([&] { return store::sql::migration_state(**db, store::postgres_migrations()); });
  facts.tables = ask_tables(asker);
  facts.connections = ask_connections(asker);
  facts.ahead = ask_clock(asker);
  facts.size = ask_size(asker);
  if (has_conversations(facts)) facts.strangers = look_as_strangers(asker);
  facts.write = try_write(asker, has_conversations(facts));
  if (facts.role) facts.pooler = ask_pooler(asker, backend, *address);
  facts.whole = asker.whole();
  return facts;
}

std::shared_ptr<const Result<PostgresFacts>> measure_postgres(const CheckContext& context) {
  const Secret& url = context.config.secret("store.url");
  if (url.empty()) return nullptr;
  return context.measurements->once<Result<PostgresFacts>>(
      "store.url", context.asker(),
      [&] {
        return visit_postgres({url, k_checks_rounds, context.deadline, context.stop, context.clock});
      },
      [](const Result<PostgresFacts>& facts) {
        return facts ? facts->whole
                     : facts.error().kind != ErrorKind::timeout && facts.error().kind != ErrorKind::cancelled;
      });
}

}  // namespace exai::checks
