#include "core/check.hpp"
#include "serve/judge.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <fmt/core.h>
#include <sys/stat.h>

using namespace exai;
using exai::tests::Scratch;

namespace {

struct FixedClock final : Clock {
  [[nodiscard]] Steady steady() const override { return Steady{}; }
  [[nodiscard]] Wall wall() const override { return at; }
  Wall at = std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + std::chrono::hours{12};
};

const FixedClock g_noon;

CheckResult run(std::string_view id, const Scratch& scratch, std::vector<RawSetting> values = {}) {
  std::vector<Finding> findings;
  const Config config = Config::build({{OriginKind::flag, "", std::move(values)}}, findings);
  const Check* check = find_check(id);
  REQUIRE(check != nullptr);
  return run_check(*check, {.config = config,
                            .clock = g_noon,
                            .deadline = Deadline::after(Millis{60'000}, g_noon),
                            .stop = {},
                            .root = scratch.path(),
                            .judgement = [&]() -> const std::vector<Finding>& {
                              findings = serve::judge_configuration(
                                             config, findings,
                                             {scratch.path(), serve::Purpose::serve, false, nullptr})
                                             .findings;
                              return findings;
                            }});
}

std::string line(std::string_view time, std::string_view level, std::string_view event = "test") {
  return fmt::format(R"({{"t":"{}","level":"{}","event":"{}","msg":"said {}"}})", time, level, event, level) +
         "\n";
}

}  // namespace

TEST_CASE("errors are counted by their level and their time, not by a word in the text", "[checks][logs]") {
  const Scratch scratch;
  scratch.write("logs/mcp_server.log", line("2026-11-21T11:00:00.000Z", "INFO", "an ERROR in the text") +
                                           line("2026-11-19T11:00:00.000Z", "ERROR"));
  CHECK(run("logs.errors", scratch).status == Status::pass);
  scratch.write("logs/mcp_server.1.log", line("2026-11-21T10:00:00.000Z", "CRITICAL"));
  scratch.write("logs/mcp_server.log", line("2026-11-21T11:00:00.000Z", "ERROR") +
                                           line("2026-11-21T11:00:01.000Z", "WARNING", "call.timeout"));
  const CheckResult result = run("logs.errors", scratch);
  CHECK(result.status == Status::fail);
  CHECK(result.summary.find("1 critical, 1 errors") != std::string::npos);
  REQUIRE(result.findings.size() == 2);
  CHECK(result.findings[1].where->line == 1);
  CHECK(run("logs.timeouts", scratch).status == Status::warn);
  CHECK(run("logs.warnings", scratch).summary.find("1 warnings") != std::string::npos);
}

TEST_CASE("a log that is not there is a failure and not the absence of errors", "[checks][logs]") {
  const Scratch scratch;
  for (const char* id : {"logs.errors", "logs.warnings", "logs.timeouts", "logs.old", "disk.logs"}) {
    INFO(id);
    CHECK(run(id, scratch).status == Status::fail);
  }
}

TEST_CASE("old logs are named", "[checks][logs]") {
  const Scratch scratch;
  const auto path = scratch.write("logs/mcp_server.log", "");
  const auto noon = std::chrono::file_clock::from_sys(g_noon.wall());
  std::filesystem::last_write_time(path, noon - std::chrono::hours{24 * 6});
  CHECK(run("logs.old", scratch).status == Status::pass);
  std::filesystem::last_write_time(path, noon - std::chrono::hours{24 * 8});
  CHECK(run("logs.old", scratch).status == Status::warn);
}

TEST_CASE("the log folder is held against its limit", "[checks][disk]") {
  const Scratch scratch;
  scratch.write("logs/mcp_server.log", std::string(900 * 1024, 'x'));
  CHECK(run("disk.logs", scratch).status == Status::pass);
  CHECK(run("disk.logs", scratch, {{"log.dir_max_bytes", "1MiB", 0}}).status == Status::warn);
  scratch.write("logs/other.log", std::string(400 * 1024, 'x'));
  CHECK(run("disk.logs", scratch, {{"log.dir_max_bytes", "1MiB", 0}}).status == Status::fail);
}

TEST_CASE("two listeners on one port are a configuration mistake", "[checks][ports]") {
  const Scratch scratch;
  CHECK(run("ports.unique", scratch).status == Status::pass);
  const CheckResult result = run("ports.unique", scratch, {{"health.port", "8000", 0}});
  CHECK(result.status == Status::fail);
  CHECK(result.cause == Cause::config);
  CHECK(run("ports.unique", scratch, {{"health.port", "0", 0}, {"ws.port", "0", 0}}).status == Status::pass);
}

TEST_CASE("nothing listening is a failure that says how to start", "[checks][ports]") {
  const Scratch scratch;
  const CheckResult result = run("ports.listening", scratch, {{"http.port", "1", 0}});
  CHECK(result.status == Status::fail);
  CHECK(result.hint.find("exai serve") != std::string::npos);
}

TEST_CASE("a server that cannot be asked is unknown, never a pass", "[checks][server]") {
  const Scratch scratch;
  for (const char* id : {"server.mcp", "server.daemon", "server.health", "server.metrics"}) {
    INFO(id);
    CHECK(run(id, scratch, {{"http.port", "1", 0}, {"ws.port", "1", 0}, {"health.port", "1", 0}}).status ==
          Status::unknown);
  }
}

TEST_CASE("a provider without a key is skipped alone and fails together", "[checks][provider]") {
  const Scratch scratch;
  CHECK(run("provider.glm", scratch).status == Status::skip);
  CHECK(run("provider.kimi", scratch).status == Status::skip);
  CHECK(run("provider.custom", scratch).status == Status::skip);
  const CheckResult none = run("provider.any", scratch);
  CHECK(none.status == Status::fail);
  CHECK(none.cause == Cause::config);
  CHECK(run("provider.any", scratch, {{"custom.url", "http://127.0.0.1:1/v1", 0}}).status == Status::pass);
  CHECK(run("provider.custom", scratch, {{"custom.url", "http://127.0.0.1:1/v1", 0}}).status ==
        Status::unknown);
}

TEST_CASE("the deployment guide's nine variables are required by name", "[checks][deploy]") {
  const Scratch scratch;
  const CheckResult result = run("deploy.environment", scratch);
  CHECK(result.status == Status::fail);
  CHECK(result.findings.size() == 9);
  CHECK(result.findings[0].message.find("GLM_API_KEY") != std::string::npos);
}

TEST_CASE("env files that others can read, and doubtful ones, are reported", "[checks][env]") {
  const Scratch scratch;
  CHECK(run("env.permissions", scratch).status == Status::skip);
  CHECK(run("env.file", scratch).status == Status::skip);
  const auto path = scratch.write(".env", "LOG_LEVEL=INFO\n");
  REQUIRE(chmod(path.c_str(), 0644) == 0);
  CHECK(run("env.permissions", scratch).status == Status::warn);
  REQUIRE(chmod(path.c_str(), 0600) == 0);
  CHECK(run("env.permissions", scratch).status == Status::pass);
  CHECK(run("env.file", scratch).status == Status::pass);
  scratch.write(".env.docker", "LOG_LEVEL=LOUD\n");
  CHECK(run("env.file", scratch).status == Status::fail);
}

TEST_CASE("settings are judged against each other", "[checks][config]") {
  const Scratch scratch;
  CHECK(run("config.valid", scratch).status == Status::pass);
  const CheckResult ping = run("config.valid", scratch, {{"ws.ping_timeout", "40s", 0}});
  CHECK(ping.status == Status::fail);
  CHECK(ping.summary.find("EXAI_WS_PING_TIMEOUT") != std::string::npos);
  CHECK(ping.summary.find("40s") != std::string::npos);
  CHECK(run("config.valid", scratch, {{"limits.session", "50", 0}}).status == Status::fail);
  const std::string key(40, 'k');
  CHECK(run("config.valid", scratch, {{"supabase.anon_key", key, 0}, {"supabase.service_role_key", key, 0}})
            .status == Status::fail);
  CHECK(run("config.valid", scratch, {{"nothing.here", "1", 0}}).status == Status::fail);
}

TEST_CASE("the hierarchy, the catalogue and the binary's own tables are judged", "[checks]") {
  const Scratch scratch;
  CHECK(run("timeouts.hierarchy", scratch).status == Status::pass);
  CHECK(run("timeouts.hierarchy", scratch, {{"timeouts.simple", "400s", 0}}).status == Status::fail);
  CHECK(run("timeouts.hierarchy", scratch, {{"timeouts.profile", "nonsense", 0}}).cause == Cause::config);
  CHECK(run("models.catalogue", scratch).status == Status::pass);
  CHECK(
      run("models.catalogue", scratch, {{"models.default", "glm-4.5-flush", 0}}).hint.find("glm-4.5-flash") !=
      std::string::npos);
  scratch.write("models.yaml", "models:\n  - {name: x}\n");
  CHECK(run("models.catalogue", scratch, {{"models.file", "models.yaml", 0}}).cause == Cause::config);
  CHECK(run("self.tables", scratch).status == Status::pass);
  CHECK(run("disk.space", scratch).status != Status::unknown);
}
