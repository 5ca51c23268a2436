// What is good and what is not about a PostgreSQL: each judges facts that were measured, and asks nobody.
#pragma once

#include "checks/measure/postgres_facts.hpp"
#include "checks/measure/probe.hpp"

namespace exai::checks {

/// What a check of it may take: some thirty round trips, of another continent perhaps.
inline constexpr Millis k_postgres_patience{10'000};

/// Whether it took the connection and the login, within 3 s.
CheckResult judge_postgres_connect(const PostgresFacts& facts);
/// TLS 1.2 at least, and who the server is proven, unless it is this machine.
CheckResult judge_postgres_tls(const PostgresFacts& facts);
/// 15 or newer: views that ask as who asks them came with it.
CheckResult judge_postgres_version(const PostgresFacts& facts);
/// As whom we are there: no superuser, and one that sees the rows of our tables.
CheckResult judge_postgres_role(const PostgresFacts& facts);
/// Whether the migrations of this program, and no others, are applied.
CheckResult judge_postgres_schema(const PostgresFacts& facts);
/// Whether strangers see anything of our tables.
CheckResult judge_postgres_rls(const PostgresFacts& facts);
/// Whether a row is written, read and deleted.
CheckResult judge_postgres_write(const PostgresFacts& facts);
/// Connections in use below 80 % of those there are (a failure from 95 %).
CheckResult judge_postgres_connections(const PostgresFacts& facts);
/// The median of SELECT 1: by default a warning above 100 ms, a failure above 500 ms.
CheckResult judge_postgres_latency(const PostgresFacts& facts, std::optional<Millis> warn = {},
                                   std::optional<Millis> crit = {});
/// The server's clock within 2 s of ours (a failure from 30 s).
CheckResult judge_postgres_clock(const PostgresFacts& facts);
/// What stands between us and the server, and what that means.
CheckResult judge_postgres_pooler(const PostgresFacts& facts);

/// The judgement of the PostgreSQL that the settings name; skipped where they name none, unknown where it
/// could not be asked.
using PostgresJudge = CheckResult (*)(const PostgresFacts&);
CheckResult check_postgres(const CheckContext& context, PostgresJudge judge);

/// Why the server gave no facts, for the one check that stands for reaching it: a wrong address, a refused
/// login and a server that is full are failures, the rest is unknown.
CheckResult postgres_unmeasured(const Error& error);
/// The same for TLS: a failure when it was about that, else unknown.
CheckResult postgres_tls_unmeasured(const Error& error);

/// What a check says where no PostgreSQL is configured.
CheckResult postgres_not_configured();

}  // namespace exai::checks
