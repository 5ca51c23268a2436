// The checks of Redis on real servers: each passes, fails and is unknown for what it says.
#include "checks/measure/probe_redis.hpp"
#include "checks/measure/redis_judge.hpp"
#include "tests/catch.hpp"
#include "tests/io/redis_server.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <fmt/core.h>

using namespace exai;
using test::RedisServer;

namespace {

constexpr const char* k_password = "a-password-of-thirty-two-letters";

Config settings_of(const std::string& url, const std::string& password = {},
                   const std::string& ca_file = {}) {
  std::vector<RawSetting> values;
  if (!url.empty()) values.push_back({"redis.url", url});
  if (!password.empty()) values.push_back({"redis.password", password});
  if (!ca_file.empty()) values.push_back({"redis.ca_file", ca_file});
  std::vector<Finding> findings;
  Config config = Config::build({{OriginKind::flag, "", std::move(values)}}, findings);
  for (const Finding& finding : findings) UNSCOPED_INFO(finding.message);
  CHECK(findings.empty());
  return config;
}

CheckContext run_of(const Config& config, Millis limit = Millis{20'000}) {
  return {.config = config,
          .clock = system_clock(),
          .deadline = Deadline::after(limit),
          .stop = {},
          .root = std::filesystem::temp_directory_path()};
}

CheckResult judged(const char* id, const Config& config) {
  const CheckContext context = run_of(config);
  CheckResult result = run_check(*find_check(id), context);
  UNSCOPED_INFO(id << ": " << to_string(result.status) << ": " << result.summary << " | " << result.hint);
  CHECK((result.summary + result.hint).find(k_password) == std::string::npos);
  return result;
}

CheckResult judged_at(const char* id, const RedisServer& server) {
  return judged(id, settings_of(server.url(), server.address().password.reveal()));
}

constexpr std::array k_ids{"redis.ping", "redis.memory",   "redis.eviction", "redis.persistence",
                           "redis.auth", "redis.exposure", "redis.latency"};

std::string asked_by(const RedisServer& server) {
  auto redis = io::RedisConnection::connect(server.socket_address(), {}, {Deadline::after(Millis{20'000})});
  REQUIRE(redis);
  return redis->command({"INFO", "commandstats"}, {Deadline::after(Millis{20'000})})->text;
}

}  // namespace

TEST_CASE("without an address the checks of Redis are skipped and say what to set", "[checks][redis]") {
  for (const char* id : k_ids) {
    const CheckResult result = judged(id, settings_of("", k_password));
    CHECK(result.status == Status::skip);
    CHECK(result.summary.find("REDIS_URL") != std::string::npos);
  }
}

TEST_CASE("a good Redis passes every check", "[checks][redis]") {
  const RedisServer server({.password = k_password,
                            .lines = {"maxmemory 100mb", "maxmemory-policy volatile-lru", "appendonly yes"}});
  for (const char* id : k_ids) CHECK(judged_at(id, server).status == Status::pass);
  CHECK(judged_at("redis.ping", server).summary.find("Redis 7.0") != std::string::npos);
}

TEST_CASE("the checks of one run ask Redis once", "[checks][redis]") {
  const RedisServer server({.password = k_password});
  const Config config = settings_of(server.url(), k_password);
  const CheckContext context = run_of(config);
  for (const char* id : k_ids) run_check(*find_check(id), context);
  CHECK(asked_by(server).find("cmdstat_info:calls=1,") != std::string::npos);
}

TEST_CASE("a Redis that cannot be asked is unknown", "[checks][redis]") {
  RedisServer server;
  const std::string url = server.url();
  SECTION("gone") {
    server.kill();
  }
  SECTION("frozen") {
    server.freeze();
  }
  const Config config = settings_of(url);
  const CheckContext context = run_of(config, Millis{100});
  for (const char* id : k_ids) {
    const CheckResult result = run_check(*find_check(id), context);
    INFO(id << ": " << result.summary);
    CHECK(result.status == Status::unknown);
    CHECK(result.summary.find("127.0.0.1:") != std::string::npos);
  }
}

TEST_CASE("a login that is refused fails once, the rest is unknown", "[checks][redis]") {
  const RedisServer server({.password = k_password});
  struct Row {
    std::string url, password, says;
  };
  for (const Row& row : {Row{server.url(), "", "wants a password"},
                         Row{server.url(), std::string(32, 'z'), "refused user and password"},
                         Row{"redis://:other@127.0.0.1", k_password, "hold different passwords"}})
    for (const char* id : k_ids) {
      const CheckResult result = judged(id, settings_of(row.url, row.password));
      CHECK(result.status == (id == std::string_view("redis.ping") ? Status::fail : Status::unknown));
      CHECK(result.summary.find(row.says) != std::string::npos);
    }
}

TEST_CASE("redis.ping fails for a server of another kind", "[checks][redis]") {
  SECTION("a cluster") {
    const RedisServer server({.lines = {"cluster-enabled yes"}});
    const CheckResult result = judged_at("redis.ping", server);
    CHECK(result.status == Status::fail);
    CHECK(result.summary.find("cluster") != std::string::npos);
  }
  SECTION("a replica") {
    const RedisServer server({.lines = {"replicaof 127.0.0.1 1"}});
    const CheckResult result = judged_at("redis.ping", server);
    CHECK(result.status == Status::fail);
    CHECK(result.summary.find("replica") != std::string::npos);
  }
  SECTION("a sentinel") {
    const RedisServer server({.sentinel = true});
    const CheckResult result = judged_at("redis.ping", server);
    CHECK(result.status == Status::fail);
    CHECK(result.summary.find("sentinel") != std::string::npos);
  }
}

TEST_CASE("a Redis that is busy with a script is unknown, and why is told", "[checks][redis]") {
  const RedisServer server({.lines = {"busy-reply-threshold 1"}});
  auto redis = io::RedisConnection::connect(server.address(), {}, {Deadline::after(Millis{20'000})});
  REQUIRE(redis);
  CHECK_FALSE(redis->command({"EVAL", "while true do end", "0"}, {Deadline::after(Millis{50})}));
  const CheckResult ping = judged_at("redis.ping", server);
  CHECK(ping.status == Status::unknown);
  CHECK(ping.summary.find("running a script") != std::string::npos);
  CHECK(judged_at("redis.memory", server).status == Status::unknown);
}

TEST_CASE("redis.memory judges what is used of maxmemory", "[checks][redis]") {
  const RedisServer unlimited;
  CHECK(judged_at("redis.memory", unlimited).status == Status::warn);
  const RedisServer full({.lines = {"maxmemory 1mb"}});
  CHECK(judged_at("redis.memory", full).status == Status::fail);
}

TEST_CASE("redis.eviction fails when conversations may have gone", "[checks][redis]") {
  const auto [policy, expected] = GENERATE(table<std::string, Status>({{"noeviction", Status::pass},
                                                                       {"volatile-ttl", Status::pass},
                                                                       {"allkeys-lru", Status::warn},
                                                                       {"allkeys-random", Status::warn}}));
  const RedisServer server({.lines = {"maxmemory 100mb", "maxmemory-policy " + policy}});
  INFO(policy);
  CHECK(judged_at("redis.eviction", server).status == expected);
  if (expected == Status::pass) return;
  auto redis = io::RedisConnection::connect(server.address(), {}, {Deadline::after(Millis{20'000})});
  REQUIRE(redis);
  REQUIRE(redis->command({"SET", "conversation", "x"}, {Deadline::after(Millis{20'000})}));
  REQUIRE(redis->command({"CONFIG", "SET", "maxmemory", "1"}, {Deadline::after(Millis{20'000})}));
  (void)redis->command({"SET", "next", "x"}, {Deadline::after(Millis{20'000})});
  CHECK(judged_at("redis.eviction", server).status == Status::fail);
}

TEST_CASE("redis.persistence sees what a restart would lose and what failed", "[checks][redis]") {
  SECTION("nothing is kept") {
    const RedisServer server;
    const CheckResult result = judged_at("redis.persistence", server);
    CHECK(result.status == Status::warn);
    CHECK(result.summary.find("loses everything") != std::string::npos);
  }
  SECTION("snapshots") {
    const RedisServer server({.lines = {"save 900 1"}});
    CHECK(judged_at("redis.persistence", server).status == Status::pass);
  }
  SECTION("a snapshot that failed") {
    const test::TempFolder folder;
    const RedisServer server({.lines = {"save 900 1", "enable-protected-configs yes"}});
    auto redis = io::RedisConnection::connect(server.address(), {}, {Deadline::after(Millis{20'000})});
    REQUIRE(redis);
    const io::Patience patience{Deadline::after(Millis{20'000})};
    std::filesystem::create_directories(folder / "gone");
    REQUIRE(redis->command({"CONFIG", "SET", "dir", (folder / "gone").string()}, patience));
    std::filesystem::remove_all(folder / "gone");
    REQUIRE(redis->ask({"BGSAVE"}, patience));
    // The child ends by itself; each INFO lets the server look after it.
    while (redis->command({"INFO", "persistence"}, patience)->text.find("rdb_bgsave_in_progress:1") !=
           std::string::npos) {
    }
    const CheckResult result = judged_at("redis.persistence", server);
    CHECK(result.status == Status::fail);
    CHECK(result.summary.find("snapshot") != std::string::npos);
    const CheckResult ping = judged_at("redis.ping", server);  // such a server answers PING with MISCONF
    CHECK(ping.status == Status::fail);
    CHECK(ping.summary.find("takes no writes") != std::string::npos);
  }
}

TEST_CASE("redis.auth fails where a stranger is answered", "[checks][redis]") {
  const RedisServer open, half({.password = k_password,
                                .lines = {"user default on nopass ~* +@all",
                                          "user app on >" + std::string(k_password) + " ~* +@all"}});
  const CheckResult nobody = judged_at("redis.auth", open);
  CHECK(nobody.status == Status::fail);
  CHECK(nobody.hint.find("requirepass") != std::string::npos);
  const std::string url = fmt::format("redis://app@127.0.0.1:{}", half.port());
  CHECK(judged("redis.auth", settings_of(url, k_password)).status == Status::fail);
  CHECK(judged("redis.auth", settings_of("unix://" + open.socket_address().socket)).status == Status::warn);
}

TEST_CASE("redis.exposure judges where the server listens", "[checks][redis]") {
  const RedisServer wide({.password = k_password, .lines = {"bind 0.0.0.0"}}),
      open({.lines = {"bind 0.0.0.0", "protected-mode no"}});
  CHECK(judged_at("redis.exposure", wide).status == Status::warn);
  const CheckResult worst = judged_at("redis.exposure", open);
  CHECK(worst.status == Status::fail);
  CHECK(worst.summary.find("asks nobody") != std::string::npos);
}

TEST_CASE("what the user may not ask is unknown and said", "[checks][redis]") {
  const RedisServer server(
      {.password = k_password,
       .lines = {"user narrow on >" + std::string(k_password) + " ~* +ping +select", "appendonly no",
                 "user middle on >" + std::string(k_password) + " ~* +ping +select +info"}});
  struct Row {
    const char* user;
    const char* id;
    Status expected;
  };
  const Row row = GENERATE(values<Row>({
      {"narrow", "redis.ping", Status::pass},
      {"narrow", "redis.auth", Status::pass},
      {"narrow", "redis.latency", Status::pass},
      {"narrow", "redis.memory", Status::unknown},
      {"narrow", "redis.eviction", Status::unknown},
      {"narrow", "redis.persistence", Status::unknown},
      {"narrow", "redis.exposure", Status::unknown},
      {"middle", "redis.memory", Status::warn},
      {"middle", "redis.eviction", Status::pass},
      {"middle", "redis.persistence", Status::unknown},
      {"middle", "redis.exposure", Status::unknown},
  }));
  const std::string url = fmt::format("redis://{}@127.0.0.1:{}", row.user, server.port());
  const CheckResult result = judged(row.id, settings_of(url, k_password));
  CHECK(result.status == row.expected);
  if (row.expected == Status::unknown) CHECK(result.summary.find("this user may not") != std::string::npos);
}

TEST_CASE("over TLS the checks take the authority that is set", "[checks][redis]") {
  const test::TempFolder folder;
  const test::Certificate certificate = test::make_certificate(folder.path());
  const RedisServer server({.certificate = certificate, .password = k_password});
  const CheckResult trusted =
      judged("redis.ping", settings_of(server.url(), k_password, certificate.certificate.string()));
  CHECK(trusted.status == Status::pass);
  CHECK(trusted.summary.find(", TLS") != std::string::npos);
  CHECK(std::any_of(trusted.facts.begin(), trusted.facts.end(),
                    [](const Fact& fact) { return fact.name == "tls" && fact.number.value_or(0) > 0; }));
  CHECK(judged("redis.ping", settings_of(server.url(), k_password)).status == Status::unknown);
}

TEST_CASE("a probe gives a result to each question, with the time of each phase", "[checks][redis]") {
  const RedisServer server({.password = k_password});
  const checks::ProbeLimits limits{Deadline::after(Millis{20'000})};
  const auto results = checks::probe_redis({server.address(), "", 50}, limits);
  REQUIRE(results.size() == k_ids.size());
  std::string facts;
  for (const Fact& fact : results[0].facts) facts += fact.name + " ";
  for (const char* phase : {"resolve", "connect", "auth", "ping", "info"})
    CHECK(facts.find(phase) != std::string::npos);
  CHECK(results[1].summary.find("of 50") != std::string::npos);
  RedisAddress wrong = server.address();
  wrong.password = Secret("x");
  const auto refused = checks::probe_redis({wrong, "", 1}, limits);
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].status == Status::fail);
}

TEST_CASE("latency is judged by its 99th percentile, memory at its thresholds", "[checks][redis]") {
  const RedisServer server;
  auto facts = checks::visit_redis({server.address(), "", 1}, {Deadline::after(Millis{20'000})});
  REQUIRE(facts);
  facts->pings.assign(100, Micros{1000});
  facts->pings[50] = Micros{900'000};
  CHECK(checks::judge_redis_latency(*facts).status == Status::pass);
  facts->pings[51] = Micros{200'000};
  CHECK(checks::judge_redis_latency(*facts).status == Status::warn);
  facts->pings[51] = Micros{600'000};
  CHECK(checks::judge_redis_latency(*facts).status == Status::fail);
  CHECK(checks::judge_redis_latency(*facts, Millis{700}, Millis{800}).status == Status::pass);
  struct Row {
    const char* used;
    const char* fragmentation;
    Status expected;
  };
  for (const Row& row : {Row{"79999999", "1.0", Status::pass}, Row{"80000000", "1.0", Status::warn},
                         Row{"89999999", "1.0", Status::warn}, Row{"90000000", "1.0", Status::fail},
                         Row{"70000000", "1.49", Status::pass}, Row{"70000000", "1.5", Status::warn},
                         Row{"1000000", "9.0", Status::pass}, Row{"many", "1.0", Status::unknown}}) {
    (*facts->info)["maxmemory"] = "100000000";
    (*facts->info)["used_memory"] = row.used;
    (*facts->info)["mem_fragmentation_ratio"] = row.fragmentation;
    INFO(row.used << " " << row.fragmentation);
    CHECK(checks::judge_redis_memory(*facts).status == row.expected);
  }
  facts->times.connect = std::chrono::seconds{4};
  CHECK(checks::judge_redis_ping(*facts).status == Status::fail);
  facts->address.host = "10.1.2.3";
  CHECK(checks::judge_redis_exposure(*facts).summary.find("in the clear") != std::string::npos);
}
