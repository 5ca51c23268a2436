#include "checks/measure/postgres_judge.hpp"

#include "checks/measure/judging.hpp"
#include "checks/measure/postgres_address.hpp"
#include "checks/measure/size_text.hpp"
#include "core/text.hpp"
#include "io/guard.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/core.h>

namespace exai::checks {
namespace {

using store::sql::MigrationRow;
using store::sql::MigrationState;

void add_count(CheckResult& result, std::string name, std::int64_t count, std::string unit = {}) {
  result.facts.push_back(
      {std::move(name), fmt::format("{}", count), static_cast<double>(count), std::move(unit), {}, {}});
}

void add_bytes(CheckResult& result, std::string name, std::int64_t bytes) {
  const auto size = static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0));
  result.facts.push_back({std::move(name), size_text(size), static_cast<double>(bytes), "bytes", {}, {}});
}

bool says(const Error& error, std::string_view words) {
  return error.message.find(words) != std::string::npos;
}

/// A right that is missing is a setting to change.
bool may_not(const Error& error) {
  return says(error, "SQLSTATE 42501");
}

/// A few names of many.
std::string name_some(const std::vector<std::string>& names) {
  constexpr std::size_t k_shown = 4;
  if (names.size() <= k_shown) return join(names, ", ");
  return fmt::format("{} and {} more", join({names.begin(), names.begin() + k_shown}, ", "),
                     names.size() - k_shown);
}

template <class Wanted>
std::vector<std::string> names_of(const std::vector<PostgresTable>& tables, const Wanted& wanted) {
  std::vector<std::string> names;
  for (const PostgresTable& table : tables)
    if (wanted(table)) names.push_back(table.name);
  return names;
}

void add_finding(std::vector<Finding>& findings, Status severity, std::string rule, std::string message,
                 std::string hint) {
  findings.push_back({severity, std::move(rule), std::move(message), {}, std::move(hint)});
}

/// What the definitions of the tables let strangers do.
void judge_definitions(const std::vector<PostgresTable>& tables, std::vector<Finding>& findings) {
  const auto open = names_of(tables, [](const PostgresTable& one) { return !one.view && !one.guarded; });
  if (!open.empty())
    add_finding(findings, Status::fail, "postgres.rls.off",
                fmt::format("row level security is off: {}", name_some(open)),
                "ALTER TABLE exai.NAME ENABLE ROW LEVEL SECURITY");
  for (const PostgresTable& table : tables)
    if (!table.strangers.empty())
      add_finding(findings, Status::fail, "postgres.rls.policy",
                  fmt::format("a policy of {} lets strangers in: {}", table.name, table.strangers),
                  "DROP POLICY NAME ON exai.TABLE");
  const auto owned = names_of(tables, [](const PostgresTable& one) { return one.view && !one.guarded; });
  if (!owned.empty())
    add_finding(findings, Status::fail, "postgres.rls.view",
                fmt::format("a view asks as its owner, whoever asks it: {}", name_some(owned)),
                "ALTER VIEW exai.NAME SET (security_invoker = true)");
  const auto closed = names_of(tables, [](const PostgresTable& one) { return !one.open_to_server; });
  if (!closed.empty())
    add_finding(findings, Status::warn, "postgres.rls.service",
                fmt::format("service_role sees nothing of {}", name_some(closed)),
                "CREATE POLICY service_role_all ON exai.NAME TO service_role USING (true) WITH CHECK (true)");
}

/// What those who took a stranger's role saw.
void judge_looks(const PostgresFacts& facts, std::vector<Finding>& findings) {
  if (!facts.strangers)
    return add_finding(findings, Status::unknown, "postgres.rls.look",
                       fmt::format("nobody looked as a stranger: {}", facts.strangers.error().message), {});
  for (const auto& [role, look] : *facts.strangers) {
    if (!look) {
      // The definitions say the same; where we may not be a stranger they have to do.
      const bool not_member = may_not(look.error()) || look.error().kind == ErrorKind::config;
      add_finding(findings, not_member ? Status::skip : Status::unknown, "postgres.rls.look",
                  not_member ? fmt::format("this user may not take the role {} to look", role)
                             : fmt::format("looking as {}: {}", role, look.error().message),
                  {});
      continue;
    }
    std::vector<std::string> seen, failed;
    for (const auto& [table, saw] : *look) {
      if (saw == StrangerSaw::rows) seen.push_back(table);
      if (saw == StrangerSaw::failed) failed.push_back(table);
    }
    if (!seen.empty())
      add_finding(findings, Status::fail, "postgres.rls.read",
                  fmt::format("the role {} reads rows of {}", role, name_some(seen)),
                  fmt::format("REVOKE ALL ON ALL TABLES IN SCHEMA exai FROM {}", role));
    if (!failed.empty())
      add_finding(findings, Status::unknown, "postgres.rls.look",
                  fmt::format("what {} sees of {} could not be asked", role, name_some(failed)), {});
  }
}

std::string looked_as(const PostgresFacts& facts) {
  std::vector<std::string> roles;
  if (facts.strangers)
    for (const auto& [role, look] : *facts.strangers)
      if (look) roles.push_back(role);
  return roles.empty() ? "" : fmt::format(", and {} saw nothing", join(roles, " and "));
}

CheckResult judge_migrations(const std::vector<MigrationRow>& rows) {
  const auto those = [&](MigrationState state) {
    std::vector<std::string> names;
    for (const MigrationRow& row : rows)
      if (row.state == state) names.push_back(printable(row.name));
    return names;
  };
  const auto changed = those(MigrationState::changed), unknown = those(MigrationState::unknown),
             pending = those(MigrationState::pending);
  const char* const other = "use the program that made the tables, or another database";
  if (!changed.empty())
    return check_fail(fmt::format("applied in another form than this program has it: {}", name_some(changed)),
                      other, Cause::config);
  if (!unknown.empty())
    return check_fail(fmt::format("applied by a program that knows more: {}", name_some(unknown)), other,
                      Cause::config);
  if (!pending.empty())
    return check_warn(fmt::format("pending: {}", name_some(pending)),
                      "exai db migrate; the server does it when it starts");
  return check_pass(fmt::format("all {} migrations are applied", rows.size()));
}

}  // namespace

CheckResult judge_postgres_connect(const PostgresFacts& facts) {
  constexpr Micros k_max = std::chrono::seconds{3};
  CheckResult result =
      check_pass(fmt::format("{} in {}: PostgreSQL {}{}", facts.target, millis_text(facts.until_open()),
                             facts.version_text, facts.tls.version.empty() ? "" : ", " + facts.tls.version));
  if (facts.until_open() > k_max)
    result = check_fail(
        fmt::format("the connection took {}, more than 3 s", millis_text(facts.until_open())),
        "which phase was it (-v)? resolve: the name server; connect, tls: the network; auth: the server");
  if (!facts.local) add_time(result, "resolve", facts.times.resolve);
  add_time(result, "connect", facts.times.connect);
  if (!facts.tls.version.empty()) add_time(result, "tls", facts.times.tls);
  add_time(result, "auth", facts.times.auth);
  add_time(result, "query", facts.rounds.front());
  return result;
}

CheckResult judge_postgres_tls(const PostgresFacts& facts) {
  const std::string& version = facts.tls.version;
  CheckResult result = check_pass(
      facts.tls.verified ? fmt::format("{}, and the server proved who it is", version)
      : version.empty()  ? "none: the server is reached without leaving the machine"
                         : fmt::format("{}; the server is reached without leaving the machine", version));
  if (!facts.local && (version.empty() || !facts.tls.verified))
    result = check_fail("anybody between here and the server may answer as the database",
                        "leave sslmode out of the address, or set verify-full", Cause::config);
  else if (version == "TLSv1" || version == "TLSv1.1" || version.starts_with("SSL"))
    result = check_fail(fmt::format("{} is broken", version),
                        "ssl_min_protocol_version = 'TLSv1.2' on the server", Cause::config);
  add_text(result, "tls", version.empty() ? "none" : version);
  add_text(result, "verified", facts.tls.verified ? "yes" : "no");
  return result;
}

CheckResult judge_postgres_version(const PostgresFacts& facts) {
  constexpr int k_least = 150000;
  CheckResult result = facts.version >= k_least
                           ? check_pass(fmt::format("PostgreSQL {}", facts.version_text))
                           : check_fail(fmt::format("PostgreSQL {} is too old", facts.version_text),
                                        "15 or newer is needed", Cause::config);
  add_count(result, "version", facts.version);
  return result;
}

CheckResult judge_postgres_role(const PostgresFacts& facts) {
  if (!facts.role) return check_unknown(facts.role.error());
  const PostgresRole& role = *facts.role;
  std::vector<Finding> findings;
  if (role.superuser)
    add_finding(findings, Status::warn, "postgres.role.superuser",
                fmt::format("\"{}\" is a superuser: whoever has the address has the whole server", role.name),
                "CREATE ROLE exai LOGIN PASSWORD '...'; CREATE DATABASE exai OWNER exai");
  if (facts.tables) {
    const auto blind = names_of(*facts.tables, [](const PostgresTable& one) { return !one.open_to_us; });
    if (!blind.empty())
      add_finding(findings, Status::fail, "postgres.role.blind",
                  fmt::format("\"{}\" sees no row of {}: it is not their owner", role.name, name_some(blind)),
                  "connect as the role that made the tables");
  } else {
    add_finding(findings, Status::unknown, "postgres.role.tables",
                fmt::format("whether \"{}\" sees our rows: {}", role.name, facts.tables.error().message), {});
  }
  CheckResult result = of_findings(std::move(findings), fmt::format("\"{}\", no superuser", role.name));
  add_text(result, "user", role.name);
  add_text(result, "superuser", role.superuser ? "yes" : "no");
  add_text(result, "bypassrls", role.bypasses ? "yes" : "no");
  return result;
}

CheckResult judge_postgres_schema(const PostgresFacts& facts) {
  if (!facts.migrations) return check_unknown(facts.migrations.error());
  CheckResult result = judge_migrations(*facts.migrations);
  if (facts.size) {
    add_bytes(result, "size", facts.size->ours);
    add_bytes(result, "database", facts.size->database);
  }
  return result;
}

CheckResult judge_postgres_rls(const PostgresFacts& facts) {
  if (!facts.tables) return check_unknown(facts.tables.error());
  if (facts.tables->empty()) return check_skip("there are no tables yet; exai db migrate makes them");
  std::vector<Finding> findings;
  judge_definitions(*facts.tables, findings);
  judge_looks(facts, findings);
  CheckResult result = of_findings(
      std::move(findings), fmt::format("on for all {} tables{}",
                                       std::count_if(facts.tables->begin(), facts.tables->end(),
                                                     [](const PostgresTable& table) { return !table.view; }),
                                       looked_as(facts)));
  add_count(result, "tables", static_cast<std::int64_t>(facts.tables->size()));
  return result;
}

CheckResult judge_postgres_write(const PostgresFacts& facts) {
  if (facts.write) {
    const PostgresWrite& write = *facts.write;
    CheckResult result =
        check_pass(fmt::format("a row was written, read, deleted and rolled back in {}{}",
                               millis_text(write.insert + write.read + write.remove),
                               write.own_tables ? "" : ", in a table made for it: ours are not there yet"));
    add_time(result, "insert", write.insert);
    add_time(result, "select", write.read);
    add_time(result, "delete", write.remove);
    return result;
  }
  const Error& error = facts.write.error();
  if (says(error, "SQLSTATE 25006")) {
    const bool replica = facts.role && facts.role->replica;
    return check_fail(replica ? "the server is a replica: it takes no writes" : "the database is read-only",
                      replica
                          ? "name the primary"
                          : "Supabase does that when the disk is full; else default_transaction_read_only",
                      Cause::config);
  }
  if (may_not(error))
    return check_fail(error.message, "GRANT CREATE ON DATABASE, or connect as the owner of the tables",
                      Cause::config);
  if (says(error, "statement pool"))
    return check_fail("the pooler takes no transactions", "pool_mode = transaction", Cause::config);
  if (error.kind == ErrorKind::invalid) return check_fail(error.message, "exai db verify");
  return check_unknown(error);
}

CheckResult judge_postgres_connections(const PostgresFacts& facts) {
  constexpr double k_warn = 80, k_crit = 95;
  if (!facts.connections) return check_unknown(facts.connections.error());
  const PostgresConnections& all = *facts.connections;
  const double percent = 100.0 * static_cast<double>(all.used) / static_cast<double>(all.limit);
  const std::string summary = fmt::format("{} of {} used, {} of them by exai", all.used, all.limit, all.ours);
  const std::string hint = "raise max_connections, or go through a pooler in transaction mode";
  CheckResult result = percent >= k_crit   ? check_fail(summary, hint)
                       : percent >= k_warn ? check_warn(summary, hint)
                                           : check_pass(summary);
  result.facts.push_back({"used", fmt::format("{:.1f} %", percent), percent, "%", k_warn, k_crit});
  add_count(result, "connections", all.used);
  add_count(result, "limit", all.limit);
  return result;
}

CheckResult judge_postgres_latency(const PostgresFacts& facts, std::optional<Millis> warn,
                                   std::optional<Millis> crit) {
  constexpr Millis k_warn{100}, k_crit{500};
  const Millis high = warn.value_or(k_warn), highest = crit.value_or(k_crit);
  std::vector<Micros> times = facts.rounds;
  std::sort(times.begin(), times.end());
  const Micros median = times[(times.size() - 1) / 2];
  const std::string summary = fmt::format("SELECT 1 min {}, p50 {}, max {} of {}", millis_text(times.front()),
                                          millis_text(median), millis_text(times.back()), times.size());
  const std::string hint =
      "is the database in another region, or overloaded? pg_stat_activity shows what it does";
  CheckResult result =
      median > highest ? check_fail(fmt::format("{}: above {}", summary, format_duration(highest)), hint)
      : median > high  ? check_warn(fmt::format("{}: above {}", summary, format_duration(high)), hint)
                       : check_pass(summary);
  add_time(result, "min", times.front());
  result.facts.push_back({"p50", millis_text(median), to_millis(median), "ms",
                          static_cast<double>(high.count()), static_cast<double>(highest.count())});
  add_time(result, "max", times.back());
  return result;
}

CheckResult judge_postgres_clock(const PostgresFacts& facts) {
  constexpr Millis k_warn{2000}, k_crit{30'000};
  if (!facts.ahead) return check_unknown(facts.ahead.error());
  const Millis off(std::abs(facts.ahead->count()));
  const std::string summary =
      fmt::format("{} {} ours", format_duration(off), facts.ahead->count() < 0 ? "behind" : "ahead of");
  const std::string hint = "timedatectl here, and there; ages and expiries are told by both clocks";
  CheckResult result = off >= k_crit   ? check_fail(summary, hint)
                       : off >= k_warn ? check_warn(summary, hint)
                                       : check_pass(summary);
  const auto millis = static_cast<double>(off.count());
  result.facts.push_back({"off", format_duration(off), millis, "ms", static_cast<double>(k_warn.count()),
                          static_cast<double>(k_crit.count())});
  return result;
}

CheckResult judge_postgres_pooler(const PostgresFacts& facts) {
  using Kind = PostgresPooler::Kind;
  if (!facts.pooler && says(facts.pooler.error(), "statement pool"))
    return check_fail("a pooler that gives each statement another connection, and takes no transactions",
                      "pool_mode = transaction, or the server itself", Cause::config);
  if (!facts.pooler) return check_unknown(facts.pooler.error());
  const char* const text = facts.pooler->kind == Kind::direct
                               ? "none: each server of ours holds up to 4 connections"
                           : facts.pooler->kind == Kind::session
                               ? "a pooler that keeps a connection for each session: as many as without it; "
                                 "transaction mode (Supabase: port 6543) needs fewer"
                               : "a pooler that keeps a connection for each transaction, which suffices";
  CheckResult result = check_pass(text);
  add_text(result, "pooler",
           facts.pooler->kind == Kind::direct    ? "direct"
           : facts.pooler->kind == Kind::session ? "session"
                                                 : "transaction");
  add_text(result, "recognised", facts.pooler->sign);
  return result;
}

CheckResult check_postgres(const CheckContext& context, PostgresJudge judge) {
  const auto facts = measure_postgres(context);
  if (!facts) return postgres_not_configured();
  if (*facts) return judge(**facts);
  CheckResult result = check_unknown(facts->error());
  if (!io::dry_run())
    result.cause = Cause::none;  // postgres.connect fails for what is wrong with address or login
  return result;
}

CheckResult postgres_unmeasured(const Error& error) {
  const bool judged =
      error.kind == ErrorKind::config || error.kind == ErrorKind::refused || error.kind == ErrorKind::busy;
  if (!judged || io::dry_run()) return check_unknown(error);
  return check_fail(error.message, error.hint, Cause::config);
}

CheckResult postgres_tls_unmeasured(const Error& error) {
  if (is_tls_error(error)) return postgres_unmeasured(error);
  CheckResult result = check_unknown(error);
  if (!io::dry_run()) result.cause = Cause::none;
  return result;
}

CheckResult postgres_not_configured() {
  return check_skip(
      "EXAI_STORE_URL is not set; where there is a PostgreSQL: "
      "EXAI_STORE_URL=postgresql://USER:PASSWORD@HOST:5432/DATABASE");
}

}  // namespace exai::checks
