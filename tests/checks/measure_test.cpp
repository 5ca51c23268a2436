// The checks of one run share what they measure.
#include "checks/measure/log_files.hpp"
#include "checks/measure/own_server.hpp"
#include "checks/measure/server_log.hpp"
#include "core/utc.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"
#include "tests/simulator/server.hpp"

#include <atomic>
#include <mutex>

#include <fmt/core.h>

using namespace exai;
using exai::tests::Scratch;

namespace {

std::string log_line(const char* level, const char* event = "x") {
  return fmt::format(R"({{"t":"{}","level":"{}","event":"{}","msg":"m"}})", format_utc(system_clock().wall()),
                     level, event) +
         "\n";
}

Config with(std::vector<RawSetting> values) {
  std::vector<Finding> findings;
  return Config::build({{OriginKind::flag, "", std::move(values)}}, findings);
}

CheckContext new_run(const Config& config, const std::filesystem::path& root) {
  return {.config = config,
          .clock = system_clock(),
          .deadline = Deadline::after(Millis{60'000}),
          .stop = {},
          .root = root};
}

std::string summary(std::string_view id, const CheckContext& context) {
  return run_check(*find_check(id), context).summary;
}

/// A server that answers every page with the text of some metrics, and counts who asks.
struct CountingServer {
  std::atomic<int> asked = 0;
  std::unique_ptr<simulator::Server> server;
  explicit CountingServer(int status = 200) {
    auto started =
        simulator::Server::start(0, [this, status](simulator::Connection& to, const simulator::RawRequest&) {
          ++asked;
          const std::string body = "# TYPE exai_requests_total counter\n";
          return to.write(
              fmt::format("HTTP/1.1 {} OK\r\nContent-Length: {}\r\n\r\n{}", status, body.size(), body));
        });
    REQUIRE(started);
    server = std::move(*started);
  }
  [[nodiscard]] Config config() const { return with({{"http.port", std::to_string(server->port()), 0}}); }
};

}  // namespace

TEST_CASE("one run reads the server log once, the next one anew", "[checks][measure]") {
  const Scratch scratch;
  const Config config = with({});
  scratch.write("logs/mcp_server.log", log_line("WARNING", "call.timeout") + log_line("ERROR"));
  const CheckContext run = new_run(config, scratch.path());
  CHECK(summary("logs.errors", run) == "0 critical, 1 errors in 2 lines");
  scratch.write("logs/mcp_server.log", "");  // whoever reads it now finds nothing
  CHECK(summary("logs.warnings", run) == "1 warnings in 2 lines");
  CHECK(summary("logs.timeouts", run) == "1 timeouts in the last 24 hours");
  CHECK(summary("logs.warnings", new_run(config, scratch.path())) == "0 warnings in 0 lines");
}

TEST_CASE("one run lists the log folder once", "[checks][measure]") {
  const Scratch scratch;
  const Config config = with({});
  scratch.write("logs/mcp_server.log", "x");
  const CheckContext run = new_run(config, scratch.path());
  const std::string before = summary("disk.logs", run);
  scratch.write("logs/other.log", std::string(5000, 'x'));
  CHECK(checks::log_folder(run)->value().size() == 1);
  CHECK(summary("disk.logs", run) == before);
  CHECK(summary("disk.logs", new_run(config, scratch.path())) != before);
}

TEST_CASE("one run asks the server for its metrics once", "[checks][measure]") {
  const Scratch scratch;
  const CountingServer counting;
  const Config config = counting.config();
  const CheckContext run = new_run(config, scratch.path());
  for (const char* id : {"server.metrics", "fixes.model_log", "fixes.prompt_size", "fixes.single_flight",
                         "fixes.provider_health", "fixes.cache_limits"}) {
    INFO(id);
    CHECK(run_check(*find_check(id), run).status != Status::unknown);
  }
  CHECK(counting.asked == 1);
  summary("server.metrics", new_run(config, scratch.path()));
  CHECK(counting.asked == 2);
}

TEST_CASE("a measurement that timed out is taken again", "[checks][measure]") {
  const Scratch scratch;
  const CountingServer counting(500);
  const Config config = counting.config();
  CheckContext run = new_run(config, scratch.path());
  CheckContext late = run;
  late.deadline = Deadline::after(Millis{0});
  CHECK_FALSE(checks::page_text(late, "/metrics"));
  CHECK(checks::get_page(run, "/metrics")->value().status == 500);
  const int asked = counting.asked;
  CHECK(run_check(*find_check("server.metrics"), run).status == Status::fail);
  CHECK(run_check(*find_check("fixes.cache_limits"), run).status == Status::unknown);
  CHECK(counting.asked == asked);
}

TEST_CASE("warnings are counted beside errors and crowd none of them out", "[checks][measure]") {
  const Scratch scratch;
  std::string text = log_line("ERROR", "the.one");
  for (int i = 0; i < 50; ++i) text += log_line("WARNING", "call.timeout");
  text += "WARNING that is not JSON\n";
  scratch.write("mcp_server.log", text);
  const Wall since = system_clock().wall() - std::chrono::hours{1};
  const Deadline soon = Deadline::after(Millis{20'000});
  const auto counted = checks::scan_server_log(scratch.path(), {since, checks::Warnings::counted}, soon);
  CHECK(counted.warnings == 50);
  CHECK(counted.timeouts == 50);
  CHECK(counted.unreadable == 0);
  REQUIRE(counted.matches.size() == 1);
  CHECK(counted.matches[0].event == "the.one");
  const auto shown = checks::scan_server_log(scratch.path(), {since, checks::Warnings::shown, 30}, soon);
  CHECK(shown.matches.size() == 30);
  CHECK(shown.unreadable == 1);
  const auto without = checks::scan_server_log(scratch.path(), {since}, soon);
  CHECK(without.warnings == 0);
  CHECK(without.errors == 1);
}
