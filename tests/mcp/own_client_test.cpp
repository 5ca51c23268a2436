// Our own client against our own server, over the network of this machine.
#include "checks/measure/probe_mcp.hpp"
#include "mcp/client/client.hpp"
#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"

#include <fmt/core.h>

using namespace exai;
using namespace exai::tests;

namespace {

Deadline soon() {
  return Deadline::after(Millis{20000});
}

std::vector<mcp::client::McpTarget> all_ways(const TestServer& server) {
  mcp::client::McpTarget http, frames;
  http.url = fmt::format("http://127.0.0.1:{}/mcp", server.mcp());
  http.token = Secret("a-key-of-16-chars");
  frames.url = fmt::format("ws://127.0.0.1:{}/", server.websocket());
  frames.exai_ws_token = Secret("a-token-of-some-length");
  mcp::client::McpTarget socket =
      frames;  // MCP itself over the same port, with the token of exai_ws as bearer
  socket.transport = mcp::client::McpTransport::websocket;
  return {http, frames, socket};
}

const Settings k_guarded{{"auth.api_keys", "a-key-of-16-chars"}, {"ws.token", "a-token-of-some-length"}};

}  // namespace

TEST_CASE("our client and our server interoperate", "[mcp][client]") {
  TestServer server(k_guarded);
  for (const mcp::client::McpTarget& target : all_ways(server)) {
    INFO(target.url);
    const auto client = mcp::client::McpClient::connect(target, {}, soon());
    REQUIRE(client);
    CHECK((*client)->list_tools(soon())->size() == 5);
    const auto answer = (*client)->call_tool("test_echo", {{"text", "hi"}}, soon(), {});
    REQUIRE(answer);
    CHECK((*answer)["content"][0]["text"] == "hi");
    CHECK((*client)->call_tool("no_such_tool", {}, soon(), {}).error().message.find("no_such_tool") !=
          std::string::npos);
    CHECK((*client)->ping(soon()));
  }
}

TEST_CASE("a call that our client gives up ends in our server", "[mcp][client]") {
  TestServer server(k_guarded);
  int before = 0;
  Gate::close();
  for (const mcp::client::McpTarget& target : all_ways(server)) {
    INFO(target.url);
    const auto client = mcp::client::McpClient::connect(target, {}, soon());
    REQUIRE(client);
    std::stop_source stop;
    auto call = std::async(std::launch::async, [&] {
      return (*client)->call_tool("test_wait", Json::object(), soon(), stop.get_token());
    });
    CHECK(Gate::entered(1));
    stop.request_stop();
    const auto answer = call.get();
    REQUIRE(!answer);
    CHECK(answer.error().kind == ErrorKind::cancelled);
    const auto patience = Deadline::after(Millis{10000});
    while (Gate::stopped() == before && !patience.passed()) std::this_thread::yield();
    CHECK(Gate::stopped() == ++before);
  }
  Gate::open();
}

TEST_CASE("the probe reports transport, version and capabilities", "[mcp][client]") {
  TestServer server(k_guarded);
  const auto targets = all_ways(server);
  const auto fact = [](const CheckResult& result, std::string_view name) {
    for (const Fact& one : result.facts)
      if (one.name == name) return one.text;
    return std::string("(none)");
  };
  const CheckResult http = checks::probe_mcp(targets[0], {soon(), {}, {}, {}});
  CHECK(http.status == Status::pass);
  CHECK(fact(http, "transport") == "http");
  CHECK(fact(http, "tools") == "5");
  CHECK(fact(http, "round_trip") != "(none)");
  CHECK(fact(http, "capabilities").find("tools") != std::string::npos);
  const CheckResult frames = checks::probe_mcp(targets[1], {soon(), {}, {}, {}});
  CHECK(frames.status == Status::pass);
  CHECK(fact(frames, "version") == "exai-daemon");
  mcp::client::McpTarget wrong = targets[0];
  wrong.token = Secret("not-the-key-at-all");
  CHECK(checks::probe_mcp(wrong, {soon(), {}, {}, {}}).status == Status::fail);
  wrong.url = "http://127.0.0.1:1/mcp";
  CHECK(checks::probe_mcp(wrong, {soon(), {}, {}, {}}).status == Status::unknown);
}
