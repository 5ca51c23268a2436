#include "io/log.hpp"

#include "core/json.hpp"
#include "io/files.hpp"
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"

#include <thread>

#include <nlohmann/json.hpp>

using namespace exai;

namespace {

std::vector<std::string> lines(const std::filesystem::path& file) {
  const auto read = io::tail_file(file, 10000);
  return read ? *read : std::vector<std::string>{};
}

io::LogOptions options(const test::TempFolder& folder) {
  io::LogOptions result;
  result.folder = folder / "logs";
  return result;
}

}  // namespace

TEST_CASE("both logs exist right after open", "[io][log]") {
  const test::TempFolder folder;
  const auto log = io::Log::open(options(folder));
  REQUIRE(log);
  CHECK(std::filesystem::exists(folder / "logs" / "mcp_server.log"));
  CHECK(std::filesystem::exists(folder / "logs" / "mcp_activity.log"));
}

TEST_CASE("a server line is JSON with the level words that operators grep for", "[io][log]") {
  const test::TempFolder folder;
  const auto log = io::Log::open(options(folder));
  REQUIRE(log);
  (*log)->write(io::LogLevel::debug, "hidden", "below the level");
  (*log)->write(io::LogLevel::warning, "CIRCUIT_BREAKER", "line one\nline two \x1b[31m",
                {{"provider", "glm"}});
  (*log)->write(io::LogLevel::critical, "x", "y");
  const auto written = lines(folder / "logs" / "mcp_server.log");
  REQUIRE(written.size() == 2);
  const auto line = parse_json(written[0]);
  REQUIRE(line);
  CHECK((*line)["level"] == "WARNING");
  CHECK((*line)["event"] == "CIRCUIT_BREAKER");
  CHECK((*line)["provider"] == "glm");
  CHECK((*line)["msg"].get<std::string>().find('\x1b') == std::string::npos);
  CHECK(written[1].find("CRITICAL") != std::string::npos);
  CHECK((*log)->lost() == 0);
}

TEST_CASE("an activity line ends with the duration", "[io][log]") {
  const test::TempFolder folder;
  const auto log = io::Log::open(options(folder));
  REQUIRE(log);
  io::Activity record;
  record.tool = "chat";
  record.outcome = "ok";
  record.duration_seconds = 0.01234;
  (*log)->activity(record);
  (*log)->flush_activity();
  const auto written = lines(folder / "logs" / "mcp_activity.log");
  REQUIRE(written.size() == 1);
  CHECK(written[0].ends_with(R"("duration": 0.0123})"));
  CHECK(parse_json(written[0]));
}

TEST_CASE("secrets are replaced, also after a reopen with others", "[io][log]") {
  const test::TempFolder folder;
  const auto log = io::Log::open(options(folder));
  REQUIRE(log);
  (*log)->set_redactor(Redactor({Secret("first-secret-value")}));
  (*log)->write(io::LogLevel::error, "e", "key first-secret-value");
  REQUIRE((*log)->reopen(Redactor({Secret("second-secret-value")}), io::LogLevel::debug));
  (*log)->write(io::LogLevel::debug, "e", "key second-secret-value");
  const auto written = lines(folder / "logs" / "mcp_server.log");
  REQUIRE(written.size() == 2);
  CHECK(written[0].find("first-secret-value") == std::string::npos);
  CHECK(written[1].find("second-secret-value") == std::string::npos);
}

TEST_CASE("a log that was moved away is created again by reopen", "[io][log]") {
  const test::TempFolder folder;
  const auto log = io::Log::open(options(folder));
  REQUIRE(log);
  const auto file = folder / "logs" / "mcp_server.log";
  std::filesystem::rename(file, folder / "logs" / "moved");
  REQUIRE((*log)->reopen(Redactor(), io::LogLevel::info));
  (*log)->write(io::LogLevel::info, "e", "after");
  CHECK(lines(file).size() == 1);
}

TEST_CASE("a log is rotated at its size and only as many are kept", "[io][log]") {
  const test::TempFolder folder;
  io::LogOptions small = options(folder);
  small.max_bytes = 2000;
  small.keep = 2;
  const auto log = io::Log::open(small);
  REQUIRE(log);
  for (int i = 0; i < 100; ++i) (*log)->write(io::LogLevel::info, "e", std::string(100, 'x'));
  std::size_t files = 0;
  for (const auto& item : std::filesystem::directory_iterator(folder / "logs")) {
    if (item.path().filename().string().starts_with("mcp_server")) ++files;
    CHECK(item.file_size() <= 2000);
  }
  CHECK(files == 3);
}

TEST_CASE("a line that cannot be written is counted", "[io][log]") {
  const test::TempFolder folder;
  std::filesystem::create_directories(folder / "logs");
  std::filesystem::create_symlink("/dev/full", folder / "logs" / "mcp_server.log");
  const auto log = io::Log::open(options(folder));
  REQUIRE(log);
  (*log)->write(io::LogLevel::info, "e", "nowhere to go");
  CHECK((*log)->lost() == 1);
}

TEST_CASE("lines of several threads do not mix", "[io][log]") {
  const test::TempFolder folder;
  const auto log = io::Log::open(options(folder));
  REQUIRE(log);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) (*log)->write(io::LogLevel::info, "e", std::string(200, 'a'));
    });
  for (std::thread& thread : threads) thread.join();
  const auto written = lines(folder / "logs" / "mcp_server.log");
  CHECK(written.size() == 200);
  for (const std::string& line : written) CHECK(parse_json(line));
}

TEST_CASE("a folder that cannot be made is a config error with the way out", "[io][log]") {
  io::LogOptions bad;
  bad.folder = "/dev/null/logs";
  const auto log = io::Log::open(bad);
  REQUIRE(!log);
  CHECK(log.error().kind == ErrorKind::config);
  CHECK(log.error().hint.find("EXAI_LOG_DIR") != std::string::npos);
}
