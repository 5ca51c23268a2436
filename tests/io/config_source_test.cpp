#include "io/config_source.hpp"

#include "tests/catch.hpp"
#include "tests/scratch.hpp"

using namespace exai;
using exai::tests::Scratch;

namespace {

io::ConfigRequest at(const Scratch& scratch) {
  io::ConfigRequest request;
  request.root = scratch.path().string();
  return request;
}

}  // namespace

TEST_CASE("flag over env file over profile over exai.yaml over default", "[io][config]") {
  const Scratch scratch;
  scratch.write(
      "exai.yaml",
      "ws: {port: 9001, ping_interval: 40s}\nhttp:\n  port: 9101\n  allowed_hosts: [a.example, "
      "b.example]\nlimits: {session: 3}\nprofiles:\n  prod: {ws: {port: 9002}, limits: {session: 4}}\n");
  scratch.write(".env", "LOG_LEVEL=DEBUG\nEXAI_WS_SESSION_MAX_INFLIGHT=5\n");
  io::ConfigRequest request = at(scratch);
  request.profile = "prod";
  request.flags = {{"http.port", "9200", 0}};
  const auto loaded = io::load_config(request);
  REQUIRE(loaded);
  CHECK(loaded->findings.empty());
  const Config& config = loaded->config;
  CHECK(config.port("ws.port") == 9002);
  CHECK(config.duration("ws.ping_interval") == Millis{40'000});
  CHECK(config.port("http.port") == 9200);
  CHECK(config.integer("limits.session") == 5);
  CHECK(config.list("http.allowed_hosts") == std::vector<std::string>{"a.example", "b.example"});
  CHECK(config.text("log.level") == "DEBUG");
  CHECK(config.value("ws.port").origin.line == 7);
}

TEST_CASE("unknown keys and profiles of exai.yaml are reported with their line and the nearest name",
          "[io][config]") {
  const Scratch scratch;
  scratch.write("exai.yaml", "ws:\n  prot: 9001\n");
  const auto loaded = io::load_config(at(scratch));
  REQUIRE(loaded);
  REQUIRE(loaded->findings.size() == 1);
  CHECK(loaded->findings[0].where->line == 2);
  CHECK(loaded->findings[0].hint.find("ws.port") != std::string::npos);

  scratch.write("exai.yaml", "profiles:\n  production: {}\n");
  io::ConfigRequest request = at(scratch);
  request.profile = "prodution";
  const auto wrong = io::load_config(request);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().hint == "did you mean production?");
}

TEST_CASE("a file that was named must be there", "[io][config]") {
  const Scratch scratch;
  io::ConfigRequest request = at(scratch);
  request.config_file = (scratch / "other.yaml").string();
  const auto loaded = io::load_config(request);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().kind == ErrorKind::missing_input);
  request.config_file = "none";
  CHECK(io::load_config(request));
  request.env_files = {(scratch / "none.env").string()};
  CHECK_FALSE(io::load_config(request));
}
