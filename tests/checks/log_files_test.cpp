#include "checks/measure/log_files.hpp"

#include "checks/logs/errors.hpp"
#include "core/deadline.hpp"
#include "core/utc.hpp"
#include "tests/catch.hpp"
#include "tests/scratch.hpp"

#include <fmt/core.h>

using namespace exai;

namespace {

Deadline soon() {
  return Deadline::after(Millis{20'000});
}

std::string line(const char* level, Millis ago = Millis{0}, const std::string& message = "m") {
  return fmt::format("{{\"t\": \"{}\", \"level\": \"{}\", \"event\": \"x\", \"msg\": \"{}\"}}\n",
                     format_utc(system_clock().wall() - ago), level, message);
}

checks::LogScan scan(const tests::Scratch& scratch, std::size_t most = 20, bool warnings = false) {
  const auto wanted = warnings ? checks::Warnings::shown : checks::Warnings::passed_over;
  return checks::scan_server_log(scratch.path(),
                                 {system_clock().wall() - std::chrono::hours(1), wanted, most}, soon());
}

}  // namespace

TEST_CASE("a log's files are known by their names", "[checks][logs]") {
  for (const char* ours :
       {"mcp_server.log", "mcp_server.1.log", "mcp_server.12.log", "mcp_server.log.1", "mcp_server.log.10",
        "mcp_server.log-20261126", "mcp_server.log-2026-11-26", "mcp_server-2026-11-26.log",
        "mcp_server_20261126.log", "mcp_server.log-20261126-1764165600", "mcp_server.log.2026-11-26",
        "mcp_server.log-2026-11-26T14:00", "mcp_server.log-202611"})
    for (const char* packed : {"", ".gz", ".zst", ".xz", ".bz2"}) {
      INFO(ours << packed);
      CHECK(checks::belongs_to_log(std::string(ours) + packed, "mcp_server"));
    }
  for (const char* foreign : {"",
                              "mcp_server",
                              "mcp_server.logs",
                              "mcp_server2.log",
                              "mcp_server_old.log",
                              "mcp_server.old.log",
                              "mcp_server.log.bak",
                              "mcp_server.log~",
                              "mcp_server.log.1.bak",
                              "mcp_server-backup.log",
                              "mcp_server.log-",
                              "mcp_server..log",
                              "mcp_server.log.",
                              "mcp_server-1.log",
                              "mcp_servers.log",
                              "my_mcp_server.log",
                              "mcp_server.log.gz.old",
                              "mcp_server.log-2026-11-26-x",
                              "mcp_activity.log",
                              "mcp_server.log.123456789x"}) {
    INFO(foreign);
    CHECK_FALSE(checks::belongs_to_log(foreign, "mcp_server"));
  }
}

TEST_CASE("errors are found wherever rotation has put them", "[checks][logs]") {
  for (const char* name :
       {"mcp_server.log.1", "mcp_server.1.log", "mcp_server.log-20261126", "mcp_server-2026-11-26.log"}) {
    INFO(name);
    const tests::Scratch scratch;
    scratch.write("mcp_server.log", line("INFO"));
    CHECK(scan(scratch).errors == 0);
    scratch.write(name, line("ERROR") + line("ERROR", std::chrono::hours(2)) + line("CRITICAL"));
    const auto found = scan(scratch);
    CHECK(found.errors == 1);
    CHECK(found.criticals == 1);
    CHECK(checks::judge_errors(found, scratch.path()).status == Status::fail);
  }
}

TEST_CASE("each content counts once, foreign files not at all", "[checks][logs]") {
  const tests::Scratch scratch;
  scratch.write("mcp_server.log", line("ERROR"));
  scratch.write("mcp_server.log.1", line("ERROR"));
  scratch.write("mcp_server.log.1.gz", "left by a compression that was interrupted");
  scratch.write("mcp_server_backup.log", line("ERROR"));
  scratch.write("mcp_server2.log", line("ERROR"));
  std::filesystem::create_symlink("mcp_server.log", scratch / "mcp_server.log.2");
  CHECK(scan(scratch).errors == 2);
}

TEST_CASE("a log that cannot be read is unknown, and a missing log fails", "[checks][logs]") {
  const tests::Scratch scratch;
  CHECK(checks::judge_errors(scan(scratch), scratch.path()).status == Status::fail);
  scratch.write("mcp_server.log", line("INFO"));
  CHECK(checks::judge_errors(scan(scratch), scratch.path()).status == Status::pass);
  scratch.write("mcp_server.log.2.xz", std::string("\xfd"
                                                   "7zXZ\0x",
                                                   7));
  const auto doubtful = checks::judge_errors(scan(scratch), scratch.path());
  CHECK(doubtful.status == Status::unknown);
  CHECK(doubtful.summary.find("mcp_server.log.2.xz") != std::string::npos);
  scratch.write("mcp_server.log.1", line("ERROR"));
  CHECK(checks::judge_errors(scan(scratch), scratch.path()).status == Status::fail);
  const auto late = checks::scan_server_log(scratch.path(), {}, Deadline::after(Millis{0}));
  CHECK_FALSE(late.unread.empty());
}

TEST_CASE("the newest matches are kept, in the order of their time", "[checks][logs]") {
  const tests::Scratch scratch;
  scratch.write("mcp_server.log", line("ERROR", Millis{1000}, "newest") + line("ERROR", Millis{9000}, "old"));
  scratch.write("mcp_server.log.1", line("ERROR", Millis{5000}, "middle") + line("WARNING", Millis{1}, "w"));
  const auto found = scan(scratch, 2);
  CHECK(found.errors == 3);
  REQUIRE(found.matches.size() == 2);
  CHECK(found.matches[0].message == "middle");
  CHECK(found.matches[1].message == "newest");
  CHECK(scan(scratch, 20, true).warnings == 1);
}
