#include "serve/server.hpp"

#include "io/files.hpp"
#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"
#include "tools/workflows/workflow.hpp"

#include <atomic>
#include <csignal>

#include <unistd.h>

using namespace exai;
using namespace exai::tests;

namespace {

Settings on_free_ports(Settings more = {}) {
  Settings settings{{"http.port", "0"}, {"ws.port", "0"}, {"health.port", "0"}};
  settings.insert(settings.end(), more.begin(), more.end());
  return settings;
}

Error refusal(const Settings& settings, const Scratch& root) {
  serve::ServeOptions options;
  options.root = root.path();
  const Result<void> served = serve::run_server(config_of(settings), options, nullptr);
  REQUIRE_FALSE(served);
  return served.error();
}

std::uint16_t port_in(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

/// run_server in a thread, until the process gets the signal.
class Running {
 public:
  Running(const Settings& settings, serve::ServeOptions options)
      : config_(config_of(settings)), options_(std::move(options)) {
    thread_ = std::thread([this] {
      result_ = serve::run_server(
          config_, options_,
          [this](const std::vector<serve::net::BoundSocket>& bound) { ready_.set_value(bound); });
    });
    auto ready = ready_.get_future();
    REQUIRE(ready.wait_for(std::chrono::seconds(20)) == std::future_status::ready);
    listeners = ready.get();
  }
  Result<void> stop() {
    kill(getpid(), SIGTERM);
    thread_.join();
    return result_;
  }
  std::vector<serve::net::BoundSocket> listeners;

 private:
  Config config_;
  serve::ServeOptions options_;
  std::promise<std::vector<serve::net::BoundSocket>> ready_;
  Result<void> result_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("a busy port names the address and the setting to change", "[serve][server]") {
  const Scratch root;
  TestServer other;
  const Error error = refusal(on_free_ports({{"http.port", std::to_string(other.mcp())}}), root);
  CHECK(error.kind == ErrorKind::refused);
  CHECK(error.message.find("127.0.0.1:" + std::to_string(other.mcp())) != std::string::npos);
  CHECK(error.message.find("pid " + std::to_string(getpid())) != std::string::npos);
  CHECK(error.hint.find("MCP_PORT") != std::string::npos);
}

TEST_CASE("a broken timeout hierarchy and an open bind without keys keep the server from starting",
          "[serve][server]") {
  const Scratch root;
  const Error broken = refusal(on_free_ports({{"timeouts.simple", "400s"}}), root);
  CHECK(broken.kind == ErrorKind::config);
  CHECK(broken.message.find("simple") != std::string::npos);
  CHECK_FALSE(broken.hint.empty());
  const Error open = refusal(on_free_ports({{"http.host", "0.0.0.0"}}), root);
  CHECK(open.kind == ErrorKind::config);
  CHECK(open.hint.find("EXAI_API_KEYS") != std::string::npos);
  CHECK(refusal(on_free_ports({{"ws.host", "0.0.0.0"}}), root).hint.find("EXAI_WS_TOKEN") !=
        std::string::npos);
}

TEST_CASE("the whole server starts, identifies itself, reloads, refuses a second one and stops",
          "[serve][server]") {
  const Scratch root;
  serve::ServeOptions options;
  options.root = root.path();
  // /status asks for the files too, to say whether they are in step; only a reload is waited for.
  std::promise<void> reloaded;
  std::atomic<bool> armed{false};
  options.reload = [&]() -> Result<ConfigSources> {
    if (armed.exchange(false)) reloaded.set_value();
    return ConfigSources{config_of(on_free_ports({{"auth.api_keys", "a-key-of-16-chars"}}))};
  };
  Running server(on_free_ports(), options);
  REQUIRE(server.listeners.size() == 3);
  const std::uint16_t port = port_in(server.listeners[0].address);
  CHECK(http(port, "GET", "/status", "").body.find("\"pid\":" + std::to_string(getpid())) !=
        std::string::npos);
  CHECK(refusal(on_free_ports(), root).kind == ErrorKind::refused);
  const Result<std::string> lock = io::read_file(root / "state/exai.lock");
  REQUIRE(lock);
  CHECK(lock->find(server.listeners[1].url) != std::string::npos);
  CHECK(initialize(port).size() >= 32);
  auto taken = reloaded.get_future();
  armed = true;
  kill(getpid(), SIGHUP);
  REQUIRE(taken.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  CHECK(http(port, "GET", "/status", "").status == 401);
  CHECK(server.stop());
  const Result<std::string> log = io::read_file(root / "logs/mcp_server.log");
  REQUIRE(log);
  for (const char* const event : {"server.start", "server.reload", "server.drain", "server.stop"})
    CHECK(log->find(event) != std::string::npos);
}

TEST_CASE("a reload loads new keys, and broken ones leave the old in place", "[serve][server][auth]") {
  const Scratch root;
  const auto keys = [&](const std::string& name, const std::string& key) {
    const auto path = root.write("keys.yaml", "- {name: " + name + ", sha256: " + sha256_hex(key) +
                                                  ", scope: viewer, expires: 2200-01-01}\n");
    std::filesystem::permissions(path, std::filesystem::perms(0600));
  };
  keys("first", "first-key");
  serve::ServeOptions options;
  options.root = root.path();
  // /status asks for the files too, to say whether they are in step; only a reload is waited for.
  std::promise<void> reloaded;
  std::atomic<bool> armed{false};
  options.reload = [&]() -> Result<ConfigSources> {
    if (armed.exchange(false)) reloaded.set_value();
    return ConfigSources{config_of(on_free_ports({{"auth.keys_file", "keys.yaml"}}))};
  };
  Running server(on_free_ports({{"auth.keys_file", "keys.yaml"}}), options);
  const std::uint16_t port = port_in(server.listeners[0].address);
  const auto status = [&](const std::string& key) {
    return http(port, "GET", "/status", "x-api-key: " + key + "\r\n").status;
  };
  const auto reload = [&] {
    reloaded = {};
    auto taken = reloaded.get_future();
    armed = true;
    kill(getpid(), SIGHUP);
    REQUIRE(taken.wait_for(std::chrono::seconds(10)) == std::future_status::ready);
  };
  CHECK(status("first-key") == 200);
  CHECK(status("second-key") == 401);
  keys("second", "second-key");
  CHECK(status("second-key") == 401);
  reload();
  CHECK(status("first-key") == 401);
  CHECK(status("second-key") == 200);
  root.write("keys.yaml", "- nonsense\n");
  reload();
  CHECK(status("second-key") == 200);
  std::filesystem::remove(root / "keys.yaml");
  reload();
  CHECK(status("second-key") == 200);
  CHECK(status("") == 401);
  CHECK(server.stop());
  const Result<std::string> log = io::read_file(root / "logs/mcp_server.log");
  REQUIRE(log);
  CHECK(log->find("kept the old settings") != std::string::npos);
  CHECK(log->find("second-key") == std::string::npos);
}

TEST_CASE("settings decide which tools the server offers, and a refusal says why not", "[serve][server]") {
  const Scratch root;
  serve::ServeOptions options;
  options.root = root.path();
  Running server(on_free_ports({{"tools.disabled", "challenge"}}), options);
  const std::uint16_t port = port_in(server.listeners[0].address);
  const std::string session = initialize(port);
  const auto body_of = [&](const std::string& message) { return post(port, message, session).body; };
  const std::string list = body_of(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  CHECK(list.find("\"provider_capabilities\"") != std::string::npos);
  CHECK(list.find("\"challenge\"") == std::string::npos);
  CHECK(list.find("\"kimi_upload_files\"") == std::string::npos);
  CHECK(body_of(call("2", "challenge", R"({"prompt":"x"})")).find("named in DISABLED_TOOLS") !=
        std::string::npos);
  CHECK(body_of(call("3", "status_EXAI-WS", R"({"include_tools":true})")).find("needs KIMI_API_KEY") !=
        std::string::npos);
  const std::string calls = body_of(call("4", "toolcall_log_tail", "{}"));
  CHECK(calls.find("\"tool\":\"status\"") != std::string::npos);
  const std::string checked = body_of(call("5", "self-check", "{}"));
  CHECK(checked.find("the folder can be written") != std::string::npos);
  CHECK(server.stop());
  const Error unknown = refusal(on_free_ports({{"tools.disabled", "challenge,nonsense"}}), root);
  CHECK(unknown.message.find("there is no tool 'nonsense'") != std::string::npos);
}

TEST_CASE("a reload loads new workflows, notifies clients, and keeps the old ones when one is broken",
          "[serve][server][workflows]") {
  const Scratch root;
  std::string hunt = tests::source_text("tools/workflows/debug.yaml");
  hunt.replace(hunt.find("name: debug"), 11, "name: hunt");
  const Settings settings = on_free_ports({{"workflows.dir", "flows"}});
  std::filesystem::create_directories(root / "flows");
  serve::ServeOptions options;
  options.root = root.path();
  options.reload = [&]() -> Result<ConfigSources> { return ConfigSources{config_of(settings)}; };
  Running server(settings, options);
  const std::uint16_t port = port_in(server.listeners[0].address);
  const std::string session = initialize(port);
  const auto listed = [&](const std::string& name) {
    const auto reply = post(port, R"({"jsonrpc":"2.0","id":7,"method":"tools/list"})", session);
    return reply.body.find("\"name\":\"" + name + "\"") != std::string::npos;
  };
  CHECK(listed("debug"));
  CHECK_FALSE(listed("hunt"));
  TcpClient stream(port);
  stream.send("GET /mcp HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
              "\r\nAccept: text/event-stream\r\nMcp-Session-Id: " + session +
              "\r\nMCP-Protocol-Version: 2025-11-25\r\n\r\n");
  stream.until("\r\n\r\n");
  root.write("flows/hunt.yaml", hunt);
  root.write("flows/hunt.md", "You hunt.");
  kill(getpid(), SIGHUP);
  CHECK(stream.until("prompts/list_changed").find("tools/list_changed") != std::string::npos);
  CHECK(listed("hunt"));
  CHECK(http(port, "GET", "/metrics", "").body.find("tool=\"hunt\"") != std::string::npos);
  root.write("flows/hunt.yaml", hunt + "nonsense: 1\n");
  kill(getpid(), SIGHUP);
  for (int i = 0; i < 200; ++i) {
    const Result<std::string> log = io::read_file(root / "logs/mcp_server.log");
    if (log && log->find("kept the old settings") != std::string::npos) break;
    (void)http(port, "GET", "/status", "");
  }
  CHECK(listed("hunt"));
  CHECK(server.stop());
  const Result<std::string> log = io::read_file(root / "logs/mcp_server.log");
  REQUIRE(log);
  CHECK(log->find("kept the old settings") != std::string::npos);
  CHECK(log->find("hunt.yaml:") != std::string::npos);
  CHECK(log->find("unknown key 'nonsense'") != std::string::npos);
}
