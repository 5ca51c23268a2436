#include "checks/measure/redis_judge.hpp"

#include "checks/measure/judging.hpp"
#include "checks/measure/size_text.hpp"
#include "core/text.hpp"
#include "io/guard.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/core.h>

namespace exai::checks {
namespace {

/// A line of INFO as a fact, where there is one.
void add_line(CheckResult& result, const RedisFacts& facts, std::string_view name) {
  const RedisText text = facts.line(name);
  if (!text) return;
  const auto number = facts.number(name);
  result.facts.push_back({std::string(name),
                          *text,
                          number ? std::optional(static_cast<double>(*number)) : std::nullopt,
                          "",
                          {},
                          {}});
}

/// Addresses that everybody may reach, as "bind" writes them: a minus before one that may be missing.
bool binds_everything(std::string_view bind) {
  constexpr std::array<std::string_view, 4> k_all{"*", "0.0.0.0", "::", "::*"};
  const std::vector<std::string> words = split(bind, ' ');
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    if (word.starts_with('-')) word.remove_prefix(1);
    return std::find(k_all.begin(), k_all.end(), word) != k_all.end();
  });
}

bool is_local(const RedisAddress& address) {
  return !address.socket.empty() || address.host.starts_with("127.") || address.host == "::1" ||
         address.host == "localhost";
}

Finding unasked(std::string rule, std::string_view what, const Error& why) {
  const bool right = why.kind == ErrorKind::refused;
  return {Status::unknown,
          std::move(rule),
          right ? fmt::format("{} cannot be asked: this user may not", what)
                : fmt::format("{} cannot be asked: {}", what, why.message),
          {},
          right ? "ACL SETUSER USER +info +config|get, or look at redis.conf" : why.hint};
}

}  // namespace

CheckResult judge_redis_ping(const RedisFacts& facts) {
  constexpr Micros k_max = std::chrono::seconds{3};
  const Micros time = facts.until_pong();
  const std::string version = facts.line("redis_version").value_or("of unknown version");
  const std::string mode = facts.line("redis_mode").value_or("mode unknown");
  CheckResult result =
      check_pass(fmt::format("PONG in {}: Redis {}, {}, {}{}", millis_text(time), version, mode,
                             facts.line("role").value_or("role unknown"), facts.address.tls ? ", TLS" : ""));
  if (facts.no_pong)
    result = check_fail(facts.no_pong->message, facts.no_pong->hint);
  else if (mode == "cluster")
    result = check_fail(fmt::format("Redis at {} is a node of a cluster", facts.address.name()),
                        "exai uses one Redis that holds everything: name a single server", Cause::config);
  else if (facts.line("role").value_or("") == "slave")
    result = check_fail(fmt::format("Redis at {} is a replica: it takes no writes", facts.address.name()),
                        "name the master instead", Cause::config);
  else if (time > k_max)
    result = check_fail(fmt::format("PONG came after {}, more than 3 s", millis_text(time)),
                        "is the machine or the network overloaded?");
  if (facts.address.socket.empty()) add_time(result, "resolve", facts.times.resolve);
  add_time(result, "connect", facts.times.connect);
  if (facts.address.tls) add_time(result, "tls", facts.times.tls);
  add_time(result, "auth", facts.times.auth);
  add_time(result, "ping", facts.pings.front());
  add_time(result, "info", facts.info_time);
  for (const char* name : {"redis_version", "redis_mode", "role", "uptime_in_seconds", "connected_clients"})
    add_line(result, facts, name);
  return result;
}

CheckResult judge_redis_memory(const RedisFacts& facts) {
  constexpr double k_warn = 80, k_crit = 90, k_fragmented = 1.5;
  constexpr std::int64_t k_small = std::int64_t{64} << 20U;  // below, the server itself is most of it
  const auto used = facts.number("used_memory"), max = facts.number("maxmemory");
  for (const auto* number : {&used, &max})
    if (!*number) return of_findings({unasked("redis.memory", "the memory of Redis", number->error())}, {});
  const double percent = *max > 0 ? 100.0 * static_cast<double>(*used) / static_cast<double>(*max) : 0;
  const double fragmentation =
      std::strtod(facts.line("mem_fragmentation_ratio").value_or("0").c_str(), nullptr);
  const auto size = [](std::int64_t bytes) {
    return size_text(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
  };
  const std::string summary = fmt::format("{:.0f} % of {} used", percent, size(*max));
  const std::string hint = "raise maxmemory, shorten what is kept, or choose an eviction policy";
  CheckResult result = percent >= k_crit   ? check_fail(summary, hint)
                       : percent >= k_warn ? check_warn(summary, hint)
                                           : check_pass(summary);
  if (*max <= 0)
    result =
        check_warn(fmt::format("{} used, and no maxmemory: it may take all of the machine's", size(*used)),
                   "set maxmemory to at most 75 % of what the machine or the container has");
  else if (result.status == Status::pass && fragmentation >= k_fragmented && *used >= k_small)
    result =
        check_warn(fmt::format("fragmented: it holds {:.2f} times the memory that it uses", fragmentation),
                   "CONFIG SET activedefrag yes, or restart it in a quiet hour");
  if (*max > 0)
    result.facts.push_back({"used", fmt::format("{:.1f} %", percent), percent, "%", k_warn, k_crit});
  for (const char* name : {"used_memory", "maxmemory", "mem_fragmentation_ratio", "evicted_keys"})
    add_line(result, facts, name);
  return result;
}

CheckResult judge_redis_eviction(const RedisFacts& facts) {
  const RedisText policy = facts.line("maxmemory_policy");
  const auto evicted = facts.number("evicted_keys");
  if (!policy) return of_findings({unasked("redis.eviction", "the eviction policy", policy.error())}, {});
  const bool anything = policy->starts_with("allkeys-");
  const std::string hint =
      "CONFIG SET maxmemory-policy volatile-lru: only what has an expiry is evicted, conversations stay";
  CheckResult result =
      check_pass(*policy == "noeviction" ? "noeviction: a full server refuses writes and loses nothing"
                                         : fmt::format("{}: only what expires is evicted", *policy));
  if (anything && evicted.value_or(0) > 0)
    result = check_fail(
        fmt::format("{} has evicted {} keys, conversations perhaps among them", *policy, *evicted), hint);
  else if (anything)
    result = check_warn(fmt::format("{} may evict conversations when the memory is full", *policy), hint);
  for (const char* name : {"maxmemory_policy", "evicted_keys"}) add_line(result, facts, name);
  return result;
}

CheckResult judge_redis_persistence(const RedisFacts& facts) {
  const RedisText aof = facts.line("aof_enabled"), saved = facts.line("rdb_last_bgsave_status");
  if (!aof || !saved)
    return of_findings({unasked("redis.persistence", "what Redis keeps", aof ? saved.error() : aof.error())},
                       {});
  const bool appends = *aof == "1", snapshots = facts.save && !facts.save->empty();
  std::vector<Finding> findings;
  if (*saved != "ok")
    findings.push_back(
        {Status::fail,
         "redis.snapshot",
         "the last snapshot (RDB) failed",
         {},
         "look at the server's disk and log; until one is good it may refuse writes (MISCONF)"});
  if (appends && facts.line("aof_last_write_status").value_or("ok") != "ok")
    findings.push_back({Status::fail,
                        "redis.append",
                        "the last write to the append-only file failed",
                        {},
                        "look at the server's disk and log"});
  if (appends && facts.line("aof_last_bgrewrite_status").value_or("ok") != "ok")
    findings.push_back({Status::warn,
                        "redis.rewrite",
                        "the last rewrite of the append-only file failed",
                        {},
                        "look at the server's disk and log"});
  if (!appends && !facts.save)
    findings.push_back(unasked("redis.save", "whether Redis makes snapshots", facts.save.error()));
  else if (!appends && !snapshots)
    findings.push_back({Status::warn,
                        "redis.volatile",
                        "a restart loses everything: neither snapshots nor AOF",
                        {},
                        "CONFIG SET appendonly yes, or a save line in redis.conf"});
  CheckResult result = of_findings(std::move(findings), appends && snapshots ? "AOF and snapshots (RDB)"
                                                        : appends            ? "AOF"
                                                                             : "snapshots (RDB), no AOF");
  for (const char* name : {"aof_enabled", "aof_last_write_status", "rdb_last_bgsave_status",
                           "rdb_last_save_time", "rdb_changes_since_last_save"})
    add_line(result, facts, name);
  if (facts.save) result.facts.push_back({"save", *facts.save, {}, "", {}, {}});
  return result;
}

CheckResult judge_redis_auth(const RedisFacts& facts) {
  if (!facts.open_to_all) return check_unknown(facts.open_to_all.error());
  if (!*facts.open_to_all) return check_pass("a connection without a login is refused");
  const std::string hint = "set requirepass, or ACL SETUSER default off, and the password in REDIS_PASSWORD";
  if (!facts.address.socket.empty()) return check_warn("whoever may open the socket needs no password", hint);
  return check_fail(fmt::format("Redis at {} answers without a password", facts.address.name()), hint,
                    Cause::config);
}

CheckResult judge_redis_exposure(const RedisFacts& facts) {
  std::vector<Finding> findings;
  if (!facts.address.tls && !is_local(facts.address))
    findings.push_back({Status::warn,
                        "redis.clear",
                        "password and data cross the network in the clear",
                        {},
                        "TLS: rediss:// and tls-port, or a tunnel"});
  if (!facts.bind) {
    findings.push_back(unasked("redis.bind", "where Redis listens", facts.bind.error()));
  } else if (binds_everything(*facts.bind)) {
    const bool unprotected = facts.protected_mode && *facts.protected_mode == "no";
    const bool open = facts.open_to_all.value_or(true);
    findings.push_back({open && unprotected ? Status::fail : Status::warn,
                        "redis.bind",
                        fmt::format("it listens on all addresses ({}){}", *facts.bind,
                                    open && unprotected ? " and asks nobody for a password" : ""),
                        {},
                        "bind 127.0.0.1 or a private address in redis.conf"});
  }
  CheckResult result =
      of_findings(std::move(findings),
                  fmt::format("listens on {}{}", facts.bind.value_or(""),
                              facts.address.tls ? ", TLS" : ", reached without leaving the machine"));
  if (facts.bind) result.facts.push_back({"bind", *facts.bind, {}, "", {}, {}});
  if (facts.protected_mode) result.facts.push_back({"protected-mode", *facts.protected_mode, {}, "", {}, {}});
  result.facts.push_back({"tls", facts.address.tls ? "yes" : "no", {}, "", {}, {}});
  return result;
}

CheckResult judge_redis_latency(const RedisFacts& facts, std::optional<Millis> warn,
                                std::optional<Millis> crit) {
  constexpr Millis k_warn{100}, k_crit{500};
  const Millis high = warn.value_or(k_warn), highest = crit.value_or(k_crit);
  std::vector<Micros> times = facts.pings;
  std::sort(times.begin(), times.end());
  Micros sum{0};
  for (const Micros time : times) sum += time;
  const auto count = static_cast<double>(times.size());
  const Micros least = times.front(), average = sum / static_cast<long long>(times.size());
  const Micros p99 = times[static_cast<std::size_t>(std::ceil(0.99 * count)) - 1];
  const std::string summary = fmt::format("PING min {}, avg {}, p99 {} of {}", millis_text(least),
                                          millis_text(average), millis_text(p99), times.size());
  const std::string hint = "SLOWLOG GET and INFO commandstats on the server; redis-cli --latency from here";
  CheckResult result =
      p99 > highest ? check_fail(fmt::format("{}: above {}", summary, format_duration(highest)), hint)
      : p99 > high  ? check_warn(fmt::format("{}: above {}", summary, format_duration(high)), hint)
                    : check_pass(summary);
  add_time(result, "min", least);
  add_time(result, "avg", average);
  result.facts.push_back({"p99", millis_text(p99), to_millis(p99), "ms", static_cast<double>(high.count()),
                          static_cast<double>(highest.count())});
  return result;
}

CheckResult check_redis(const CheckContext& context, RedisJudge judge) {
  const auto facts = measure_redis(context);
  if (!facts) return redis_not_configured();
  if (*facts) return judge(**facts);
  CheckResult result = check_unknown(facts->error());
  if (!io::dry_run())
    result.cause = Cause::none;  // redis.ping fails for what is wrong with settings or login
  return result;
}

CheckResult redis_unmeasured(const Error& error) {
  const bool judged = error.kind == ErrorKind::config || error.kind == ErrorKind::refused ||
                      error.kind == ErrorKind::missing_input;
  if (!judged || io::dry_run()) return check_unknown(error);
  return check_fail(error.message, error.hint, Cause::config);
}

CheckResult redis_not_configured() {
  return check_skip("REDIS_URL is not set; where there is a Redis: REDIS_URL=redis://:PASSWORD@HOST:6379/0");
}

}  // namespace exai::checks
