// The checks of PostgreSQL on real servers: each passes, fails and is unknown for what it says.
#include "checks/measure/postgres_address.hpp"
#include "checks/measure/postgres_judge.hpp"
#include "checks/measure/probe_postgres.hpp"
#include "store/home.hpp"
#include "store/schema.hpp"
#include "tests/catch.hpp"
#include "tests/store/pgbouncer.hpp"
#include "tests/store/postgres_server.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/core.h>

using namespace exai;
using test::PgBouncer;
using test::PostgresServer;

namespace {

constexpr const char* k_word = "s3cret-of-the-database";

constexpr std::array k_ids{"postgres.connect", "postgres.tls",   "postgres.version", "postgres.role",
                           "postgres.schema",  "postgres.rls",   "postgres.write",   "postgres.connections",
                           "postgres.latency", "postgres.clock", "postgres.pooler"};

Deadline long_enough() {
  return Deadline::after(Millis{20'000});
}

Config settings_with(const std::string& url) {
  std::vector<RawSetting> values;
  if (!url.empty()) values.push_back({"store.url", url});
  std::vector<Finding> findings;
  return Config::build({{OriginKind::flag, "", std::move(values)}}, findings);
}

CheckContext run_with(const Config& config, Millis limit = Millis{20'000}) {
  return {.config = config,
          .clock = system_clock(),
          .deadline = Deadline::after(limit),
          .stop = {},
          .root = std::filesystem::temp_directory_path()};
}

std::string told(const CheckResult& result) {
  std::string text =
      result.id + " " + std::string(to_string(result.status)) + ": " + result.summary + " | " + result.hint;
  for (const Finding& finding : result.findings) text += "\n  " + finding.message + " | " + finding.hint;
  for (const Fact& fact : result.facts) text += "\n  " + fact.name + " " + fact.text;
  return text;
}

CheckResult judged(const char* id, const Secret& url) {
  const Config config = settings_with(url.reveal());
  const CheckContext context = run_with(config);
  CheckResult result = run_check(*find_check(id), context);
  UNSCOPED_INFO(told(result));
  CHECK(told(result).find(k_word) == std::string::npos);
  return result;
}

/// A database of that name with our tables in it.
Secret migrated(PostgresServer& server, const std::string& name) {
  Secret url = server.database_of(name);
  REQUIRE(store::migrate_schema({.file = {}, .url = url}));
  return url;
}

void does(const Secret& url, const std::string& sql) {
  const auto connection = io::PgConnection::open(url, long_enough());
  REQUIRE(connection);
  const auto done = (*connection)->run(sql, long_enough());
  if (!done) FAIL(done.error().message);
}

void make_role(const Secret& url, const std::string& name, const std::string& rights = "") {
  does(url, fmt::format("DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{0}') THEN "
                        "CREATE ROLE {0} {1}; END IF; END $$",
                        name, rights));
}

/// The same address with another user.
Secret as_user(const PostgresServer& server, const std::string& user, const std::string& database) {
  return Secret(fmt::format("postgresql://{}@127.0.0.1:{}/{}", user, server.port(), database));
}

bool mentions(const CheckResult& result, std::string_view words) {
  return told(result).find(words) != std::string::npos;
}

checks::PostgresFacts facts_of(const Secret& url) {
  auto facts = checks::visit_postgres({url, 3, long_enough()});
  if (!facts) FAIL(facts.error().message);
  return std::move(*facts);
}

}  // namespace

TEST_CASE("without an address the checks of PostgreSQL are skipped and say what to set",
          "[checks][postgres]") {
  for (const char* const id : k_ids) {
    const CheckResult result = judged(id, Secret());
    CHECK(result.status == Status::skip);
    CHECK(mentions(result, "EXAI_STORE_URL"));
  }
}

TEST_CASE("a good PostgreSQL passes every check", "[checks][postgres]") {
  PostgresServer server;
  for (const char* const role : {"anon", "authenticated"}) make_role(server.url_of("postgres"), role);
  make_role(server.url_of("postgres"), "service_role", "BYPASSRLS");
  make_role(server.url_of("postgres"), "app", "LOGIN");
  does(server.url_of("postgres"), "GRANT anon, authenticated TO app");
  does(server.url_of("postgres"), "CREATE DATABASE good OWNER app");
  const Secret url = as_user(server, "app", "good");
  REQUIRE(store::migrate_schema({.file = {}, .url = url}));
  for (const char* const id : k_ids) CHECK(judged(id, url).status == Status::pass);
  CHECK(mentions(judged("postgres.rls", url), "anon and authenticated saw nothing"));
  CHECK(mentions(judged("postgres.connect", url), "PostgreSQL 15."));
  // All that was written is gone.
  const auto connection = io::PgConnection::open(url, long_enough());
  REQUIRE(connection);
  CHECK((*connection)->run("SELECT count(*) FROM exai.conversations", long_enough())->text(0, 0) == "0");
}

TEST_CASE("the checks of one run ask PostgreSQL once", "[checks][postgres]") {
  const Config config = settings_with(PostgresServer::shared().database_of("once").reveal());
  const CheckContext context = run_with(config);
  const auto first = checks::measure_postgres(context);
  for (const char* const id : k_ids) run_check(*find_check(id), context);
  CHECK(checks::measure_postgres(context) == first);
}

TEST_CASE("a PostgreSQL that cannot be asked is unknown, and in time", "[checks][postgres]") {
  PostgresServer server;
  const Config config = settings_with(server.url_of("postgres").reveal());
  server.freeze(true);
  const CheckContext context = run_with(config, Millis{150});
  for (const char* const id : k_ids) {
    const CheckResult result = run_check(*find_check(id), context);
    INFO(told(result));
    CHECK(result.status == Status::unknown);
  }
  server.freeze(false);
  for (const char* const id : k_ids)
    CHECK(judged(id, Secret("postgresql://u:" + std::string(k_word) + "@127.0.0.1:1/x")).status ==
          Status::unknown);
}

TEST_CASE("a login that PostgreSQL refuses fails once, the rest is unknown", "[checks][postgres]") {
  PostgresServer server({.admits = "host all locked 127.0.0.1/32 scram-sha-256"});
  make_role(server.url_of("postgres"), "locked", "LOGIN PASSWORD 'right'");
  struct Row {
    std::string url, says;
  };
  const std::string at = fmt::format("@127.0.0.1:{}/", server.port());
  for (const Row& row : {Row{"postgresql://locked:" + std::string(k_word) + at + "postgres", "password"},
                         Row{"postgresql://postgres" + at + "nowhere", "CREATE DATABASE"},
                         Row{"postgresql://nobody" + at + "postgres", "does not exist"}})
    for (const char* const id : k_ids) {
      const CheckResult result = judged(id, Secret(row.url));
      CHECK(result.status == (id == std::string_view("postgres.connect") ? Status::fail : Status::unknown));
      CHECK(mentions(result, row.says));
    }
}

TEST_CASE("a server that is full is a failure to connect", "[checks][postgres]") {
  PostgresServer server({.settings = {"max_connections=4", "superuser_reserved_connections=1"}});
  make_role(server.url_of("postgres"), "app", "LOGIN");
  const Secret url = as_user(server, "app", "postgres");
  std::vector<std::unique_ptr<io::PgConnection>> held;
  const auto take = [&] {
    auto one = io::PgConnection::open(url, long_enough());
    REQUIRE(one);
    held.push_back(std::move(*one));
  };
  take();
  CHECK(judged("postgres.connections", url).status == Status::pass);  // 2 of 3
  take();
  CHECK(judged("postgres.connections", url).status == Status::fail);  // 3 of 3
  take();
  const CheckResult full = judged("postgres.connect", url);
  CHECK(full.status == Status::fail);
  CHECK(mentions(full, "max_connections"));
}

TEST_CASE("a limit of the role or of the database counts where it is nearer", "[checks][postgres]") {
  PostgresServer& server = PostgresServer::shared();
  make_role(server.url_of("postgres"), "narrow", "LOGIN CONNECTION LIMIT 1");
  const Secret url = as_user(server, "narrow", "postgres");
  const CheckResult result = judged("postgres.connections", url);
  CHECK(result.status == Status::fail);
  CHECK(mentions(result, "1 of 1"));
}

TEST_CASE("postgres.role warns of a superuser and fails for one who sees no rows", "[checks][postgres]") {
  PostgresServer& server = PostgresServer::shared();
  const Secret url = migrated(server, "roles");
  CHECK(judged("postgres.role", url).status == Status::warn);
  make_role(url, "visitor", "LOGIN");
  does(url, "GRANT USAGE ON SCHEMA exai TO visitor; GRANT ALL ON ALL TABLES IN SCHEMA exai TO visitor");
  const CheckResult blind = judged("postgres.role", as_user(server, "visitor", "roles"));
  CHECK(blind.status == Status::fail);
  CHECK(mentions(blind, "sees no row of"));
}

TEST_CASE("postgres.schema tells pending, changed and unknown migrations", "[checks][postgres]") {
  PostgresServer& server = PostgresServer::shared();
  const Secret url = server.database_of("ledger");
  CHECK(judged("postgres.schema", url).status == Status::warn);
  CHECK(judged("postgres.rls", url).status == Status::skip);
  CHECK(mentions(judged("postgres.write", url), "not there yet"));
  REQUIRE(store::migrate_schema({.file = {}, .url = url}));
  CHECK(judged("postgres.schema", url).status == Status::pass);
  does(url, "INSERT INTO exai.schema_version (version, name, sha256) VALUES (999, '0999_later', 'x')");
  const CheckResult later = judged("postgres.schema", url);
  CHECK(later.status == Status::fail);
  CHECK(mentions(later, "0999_later"));
  does(url, "UPDATE exai.schema_version SET sha256 = 'other' WHERE version = 1");
  CHECK(mentions(judged("postgres.schema", url), "another form"));
}

TEST_CASE("postgres.rls sees every way that leads strangers in", "[checks][postgres]") {
  PostgresServer server;
  for (const char* const role : {"anon", "authenticated"}) make_role(server.url_of("postgres"), role);
  CHECK(judged("postgres.rls", migrated(server, "closed")).status == Status::pass);
  struct Row {
    const char* database;
    const char* change;
    const char* says;
    Status expected;
  };
  constexpr std::array k_rows{
      Row{"a", "ALTER TABLE exai.spend DISABLE ROW LEVEL SECURITY", "is off: spend", Status::fail},
      Row{"b", "CREATE POLICY all_of_it ON exai.runs USING (true)", "runs lets strangers in: all_of_it",
          Status::fail},
      Row{"c", "CREATE POLICY part ON exai.turns TO authenticated USING (false)",
          "turns lets strangers in: part", Status::fail},
      Row{"d", "ALTER VIEW exai.v_run_trend SET (security_invoker = false)", "asks as its owner",
          Status::fail},
      Row{"e", "GRANT USAGE ON SCHEMA exai TO anon; GRANT SELECT ON exai.conversations TO anon",
          "saw nothing", Status::pass},
      Row{"f",
          "GRANT USAGE ON SCHEMA exai TO anon; GRANT SELECT ON exai.conversations TO anon;"
          "ALTER TABLE exai.conversations DISABLE ROW LEVEL SECURITY",
          "the role anon reads rows of conversations", Status::fail},
      Row{"g",
          "BEGIN; GRANT USAGE ON SCHEMA exai TO anon; GRANT ALL ON exai.spend TO anon; COMMIT; BEGIN; LOCK "
          "TABLE exai.spend",
          "", Status::unknown},
      Row{"h", "CREATE ROLE service_role", "service_role sees nothing of", Status::warn},
  };
  for (const Row& row : k_rows) {
    INFO(row.change);
    const Secret url = migrated(server, row.database);
    const auto holder = io::PgConnection::open(url, long_enough());
    REQUIRE(holder);
    const auto changed = (*holder)->run(row.change, long_enough());
    if (!changed) FAIL(changed.error().message);
    const CheckResult result = judged("postgres.rls", url);
    CHECK(result.status == row.expected);
    CHECK(mentions(result, row.says));
  }
}

TEST_CASE("who may not take a stranger's role goes by the definitions, and says so", "[checks][postgres]") {
  PostgresServer server;
  make_role(server.url_of("postgres"), "anon");
  make_role(server.url_of("postgres"), "app", "LOGIN");
  does(server.url_of("postgres"), "CREATE DATABASE mine OWNER app");
  const Secret url = as_user(server, "app", "mine");
  REQUIRE(store::migrate_schema({.file = {}, .url = url}));
  const CheckResult result = judged("postgres.rls", url);
  CHECK(result.status == Status::pass);
  CHECK_FALSE(mentions(result, "anon saw nothing"));
}

TEST_CASE("postgres.write fails where nothing can be written", "[checks][postgres]") {
  PostgresServer& server = PostgresServer::shared();
  const Secret url = migrated(server, "read_only");
  does(url, "ALTER DATABASE read_only SET default_transaction_read_only = on");
  const CheckResult closed = judged("postgres.write", url);
  CHECK(closed.status == Status::fail);
  CHECK(mentions(closed, "read-only"));
  make_role(server.url_of("postgres"), "guest", "LOGIN");
  const CheckResult guest = judged("postgres.write", as_user(server, "guest", "postgres"));
  CHECK(guest.status == Status::fail);
  CHECK(mentions(guest, "GRANT CREATE"));
}

TEST_CASE("postgres.write that waits for somebody's lock is unknown", "[checks][postgres]") {
  const Secret url = migrated(PostgresServer::shared(), "locked");
  const auto holder = io::PgConnection::open(url, long_enough());
  REQUIRE(holder);
  REQUIRE((*holder)->run("BEGIN; LOCK TABLE exai.conversations", long_enough()));
  CHECK(judged("postgres.write", url).status == Status::unknown);
  CHECK(judged("postgres.latency", url).status == Status::pass);
}

TEST_CASE("a pooler is told from the server, and its mode", "[checks][postgres]") {
  PostgresServer& server = PostgresServer::shared();
  const Secret url = migrated(server, "pooled");
  CHECK(mentions(judged("postgres.pooler", url), "direct"));
  for (const char* const mode : {"session", "transaction"}) {
    const PgBouncer pooler(server, mode);
    const CheckResult result = judged("postgres.pooler", pooler.url_of("pooled"));
    CHECK(result.status == Status::pass);
    CHECK(mentions(result, std::string("pooler ") + mode));
    for (const char* const id : {"postgres.connect", "postgres.schema", "postgres.rls", "postgres.write"})
      CHECK(judged(id, pooler.url_of("pooled")).status == Status::pass);
  }
  const PgBouncer narrow(server, "transaction", {"default_pool_size = 1"});
  CHECK(mentions(judged("postgres.pooler", narrow.url_of("pooled")), "pooler transaction"));
  const PgBouncer worst(server, "statement");
  CHECK(judged("postgres.pooler", worst.url_of("pooled")).status == Status::fail);
  CHECK(judged("postgres.write", worst.url_of("pooled")).status == Status::fail);
}

TEST_CASE("postgres.tls judges what proves the server", "[checks][postgres]") {
  const test::TempFolder folder;
  const test::Certificate certificate = test::make_certificate(folder.path());
  const PostgresServer server({.certificate = certificate});
  const std::string url = fmt::format("postgresql://postgres@localhost:{}/postgres", server.port());
  const CheckResult proven = judged(
      "postgres.tls", Secret(url + "?sslmode=verify-full&sslrootcert=" + certificate.certificate.string()));
  CHECK(proven.status == Status::pass);
  CHECK(mentions(proven, "TLSv1.3, and the server proved who it is"));
  const Secret untrusted(url + "?sslmode=verify-full&sslrootcert=/etc/ssl/certs/ca-certificates.crt");
  CHECK(judged("postgres.tls", untrusted).status == Status::fail);
  CHECK(judged("postgres.connect", untrusted).status == Status::fail);
  CHECK(judged("postgres.write", untrusted).status == Status::unknown);
  CHECK(judged("postgres.tls", Secret(url + "?sslmode=disable")).status == Status::pass);  // this machine
  CHECK(judged("postgres.tls", Secret("postgresql://u@db.example.com/x?sslmode=require")).status ==
        Status::fail);
  const auto times = facts_of(Secret(url + "?sslmode=require")).times;
  CHECK(times.tls > Micros{0});
  CHECK(times.auth > Micros{0});
}

TEST_CASE("versions, latency, clock and connections are judged at their thresholds", "[checks][postgres]") {
  checks::PostgresFacts facts = facts_of(PostgresServer::shared().database_of("thresholds"));
  facts.version = 140020;
  CHECK(checks::judge_postgres_version(facts).status == Status::fail);
  facts.version = 150000;
  CHECK(checks::judge_postgres_version(facts).status == Status::pass);
  facts.rounds.assign(9, Micros{1000});
  std::fill_n(facts.rounds.begin(), 4, Micros{900'000});
  CHECK(checks::judge_postgres_latency(facts).status == Status::pass);
  facts.rounds[4] = Micros{100'001};
  std::fill(facts.rounds.begin() + 5, facts.rounds.end(), Micros{1000});
  facts.rounds[5] = Micros{100'001};
  CHECK(checks::judge_postgres_latency(facts).status == Status::warn);
  std::fill(facts.rounds.begin(), facts.rounds.end(), Micros{500'001});
  CHECK(checks::judge_postgres_latency(facts).status == Status::fail);
  CHECK(checks::judge_postgres_latency(facts, Millis{600}, Millis{700}).status == Status::pass);
  for (const auto& [millis, expected] : {std::pair{1999, Status::pass}, std::pair{-2000, Status::warn},
                                         std::pair{29'999, Status::warn}, std::pair{-30'000, Status::fail}}) {
    facts.ahead = Millis(millis);
    CHECK(checks::judge_postgres_clock(facts).status == expected);
  }
  for (const auto& [used, expected] : {std::pair{79, Status::pass}, std::pair{80, Status::warn},
                                       std::pair{94, Status::warn}, std::pair{95, Status::fail}}) {
    facts.connections = checks::PostgresConnections{used, 1, 100};
    CHECK(checks::judge_postgres_connections(facts).status == expected);
  }
  facts.times.auth = std::chrono::seconds(4);
  CHECK(checks::judge_postgres_connect(facts).status == Status::fail);
  facts.local = false;
  CHECK(checks::judge_postgres_tls(facts).status == Status::fail);
  facts.tls = {"TLSv1.1", true};
  CHECK(checks::judge_postgres_tls(facts).status == Status::fail);
}

TEST_CASE("the usual mistakes in an address are named before anybody is asked", "[checks][postgres]") {
  struct Row {
    const char* url;
    const char* says;  // null: none of them
  };
  const Row row = GENERATE(values<Row>({
      {"postgresql://postgres:[YOUR-PASSWORD]@db.abcdefghijklmnopqrst.supabase.co:5432/postgres",
       "placeholder"},
      {"postgresql://postgres:%5BYOUR-PASSWORD%5D@db.abcdefghijklmnopqrst.supabase.co:5432/postgres",
       "placeholder"},
      {"postgresql://u:<password>@h/x", "placeholder"},
      {"postgresql://u:${DB_PASSWORD}@h/x", "placeholder"},
      {"postgresql://u:s3cret-of-the-database@more@h/x", "%40"},
      {"postgresql://u:s3cret-of-the-database/more@h/x", "%2F"},
      {"postgresql://u:s3cret-of-the-database%more@h/x", "%25"},
      {"https://abcdefghijklmnopqrst.supabase.co", "one of the web"},
      {"postgresql://postgres:s3cret-of-the-database@abcdefghijklmnopqrst.supabase.co:5432/postgres",
       "speaks HTTP"},
      {"postgresql://postgres:s3cret-of-the-database@aws-0-eu-central-1.pooler.supabase.com:6543/postgres",
       "which project"},
      {"postgresql://postgres.abc:s3cret-of-the-database@db.abc.supabase.co:5432/postgres",
       "one of the pooler"},
      {"postgresql://postgres:eyJhbGciOiJIUzI1NiJ9.e30.x@db.abc.supabase.co:5432/postgres", "key of the API"},
      {"postgresql://postgres:s3cret-of-the-database@db.abc.supabase.co:5432/postgres?sslmode=require",
       "sslmode"},
      {"mysql://u:s3cret-of-the-database@h/x", "not one that PostgreSQL"},
      {"postgresql://postgres.abc:s3cret@aws-0-eu-central-1.pooler.supabase.com:6543/postgres", nullptr},
      {"postgresql://postgres:s3cr%40t@db.abc.supabase.co:5432/postgres", nullptr},
      {"postgresql://u@127.0.0.1/x?sslmode=disable", nullptr},
      {"host=127.0.0.1 user=u dbname=x", nullptr},
  }));
  INFO(row.url);
  const auto mistake = checks::postgres_mistake(Secret(row.url));
  REQUIRE(mistake.has_value() == (row.says != nullptr));
  if (!mistake) return;
  CHECK(mistake->kind == ErrorKind::config);
  const std::string text = mistake->message + " | " + mistake->hint;
  INFO(text);
  CHECK(text.find(row.says) != std::string::npos);
  CHECK(text.find(k_word) == std::string::npos);
  CHECK(judged("postgres.connect", Secret(row.url)).status != Status::pass);
}

TEST_CASE("what a server said gets its way out", "[checks][postgres]") {
  const Secret direct("postgresql://postgres:x@db.abc.supabase.co:5432/postgres"),
      pooler("postgresql://postgres.abc:x@aws-0-eu-west-1.pooler.supabase.com:6543/postgres"),
      other("postgresql://u:x@db.example.com/x");
  struct Row {
    const Secret* url;
    ErrorKind kind;
    const char* message;
    ErrorKind becomes;
    const char* says;
  };
  for (const Row& row : std::vector<Row>{
           {&direct, ErrorKind::unreachable, "PostgreSQL: Network is unreachable", ErrorKind::unreachable,
            "IPv6"},
           {&other, ErrorKind::unreachable, "PostgreSQL: Network is unreachable", ErrorKind::unreachable, ""},
           {&pooler, ErrorKind::unreachable, "PostgreSQL: FATAL: Tenant or user not found", ErrorKind::config,
            ".REF"},
           {&direct, ErrorKind::config, "FATAL: database \"exai\" does not exist", ErrorKind::config,
            "called postgres"},
           {&other, ErrorKind::config, "FATAL: database \"exai\" does not exist", ErrorKind::config,
            "CREATE DATABASE"},
           {&direct, ErrorKind::config, "SSL error: certificate verify failed", ErrorKind::config,
            "sslrootcert"},
           {&other, ErrorKind::unreachable, "server does not support SSL, but SSL was required",
            ErrorKind::config, "ssl = on"},
           {&pooler, ErrorKind::unreachable, "FATAL: MaxClientsInSessionMode: max clients reached",
            ErrorKind::busy, "6543"},
           {&other, ErrorKind::timeout, "did not take the connection in time", ErrorKind::timeout, ""}}) {
    INFO(row.message);
    const Error error = checks::explain_postgres(*row.url, make_error(row.kind, row.message));
    CHECK(error.kind == row.becomes);
    CHECK(error.hint.find(row.says) != std::string::npos);
    CHECK(error.hint.empty() == (*row.says == '\0'));
  }
}

TEST_CASE("a probe of PostgreSQL gives a result to each question, with the time of each phase",
          "[checks][postgres]") {
  const Secret url = migrated(PostgresServer::shared(), "probed");
  const checks::ProbeLimits limits{long_enough()};
  const auto results = checks::probe_postgres({url, 50, long_enough()}, limits);
  REQUIRE(results.size() == k_ids.size());
  for (const char* const phase : {"connect", "auth", "query"}) CHECK(mentions(results[0], phase));
  CHECK(mentions(results[1], "of 50"));
  CHECK(checks::probe_postgres({Secret("postgresql://u@127.0.0.1:1/x"), 1, long_enough()}, limits).size() ==
        1);
}

TEST_CASE("a visit that is stopped asks no further", "[checks][postgres]") {
  std::stop_source stop;
  stop.request_stop();
  const auto facts = checks::visit_postgres(
      {PostgresServer::shared().url_of("postgres"), 3, long_enough(), stop.get_token()});
  REQUIRE_FALSE(facts);
  CHECK(facts.error().kind == ErrorKind::cancelled);
}
