#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"

#include <set>

using namespace exai;
using namespace exai::tests;

namespace {
std::string call_tool(const std::string& id, const std::string& tool,
                      const Json& arguments = Json::object()) {
  return dump_json({{"op", "call_tool"}, {"request_id", id}, {"name", tool}, {"arguments", arguments}});
}
}  // namespace

TEST_CASE("exai_ws greets, lists, calls and reports", "[serve][exai_ws]") {
  TestServer server;
  WebSocketTestClient peer(server.websocket());
  const Json ack = peer.hello();
  CHECK(ack["op"] == "hello_ack");
  CHECK(ack["ok"] == true);
  CHECK(ack["session_id"].get<std::string>().size() >= 40);
  peer.send(R"({"op":"list_tools"})");
  const Json tools = peer.json();
  CHECK(tools["op"] == "list_tools_res");
  CHECK(tools["tools"].size() == 5);
  CHECK(tools["tools"][0]["inputSchema"]["type"] == "object");
  peer.send(call_tool("r1", "test_echo", {{"text", "hi"}}));
  const Json accepted = peer.json();
  CHECK(accepted["op"] == "call_tool_ack");
  CHECK(accepted["accepted"] == true);
  CHECK(accepted["timeout"] == 60.0);
  CHECK(accepted["name"] == "test_echo");
  const Json result = peer.json();
  CHECK(result["op"] == "call_tool_res");
  CHECK(result["request_id"] == "r1");
  CHECK(result["ok"] == true);
  CHECK(result["outputs"][0]["text"] == "hi");
  CHECK(result["text"] == "hi");
  peer.send(R"({"op":"health"})");
  const Json health = peer.json();
  CHECK(health["op"] == "health_res");
  CHECK(health["health"]["global_capacity"] == 24);
  CHECK(health["health"]["tool_count"] == 5);
  CHECK(health["health"]["sessions"] == 1);
}

TEST_CASE("an invalid first frame ends with an error and its close code", "[serve][exai_ws]") {
  TestServer server(Settings{{"ws.token", "a-token-of-some-length"}, {"ws.hello_timeout", "100ms"}});
  const auto begin = [&](const std::string& first, unsigned char kind = 0x81) {
    WebSocketTestClient peer(server.websocket());
    peer.send(first, kind);
    const Json ack = peer.json();
    CHECK(ack["ok"] == false);
    return ack["error"].get<std::string>() + " " + peer.receive();
  };
  CHECK(begin("{nonsense") == "invalid_hello close 4000");
  CHECK(begin("bytes", 0x82) == "invalid_hello close 4000");
  CHECK(begin(R"({"op":"list_tools"})") == "missing_hello close 4001");
  CHECK(begin(R"({"op":"hello","token":"wrong"})") == "unauthorized close 4003");
  CHECK(begin(R"({"op":"hello"})") == "unauthorized close 4003");
  WebSocketTestClient silent(server.websocket());
  CHECK(silent.receive() == "close 4002");
  WebSocketTestClient right(server.websocket());
  CHECK(right.hello("a-token-of-some-length")["ok"] == true);
}

TEST_CASE("every frame gets its own answer, also a wrong one", "[serve][exai_ws]") {
  TestServer server(Settings{{"limits.body", "4096"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  const auto answer = [&](const std::string& text) {
    peer.send(text);
    return peer.json();
  };
  CHECK(answer("{")["error"]["code"] == "VALIDATION_ERROR");
  CHECK(answer("[]")["error"]["code"] == "INVALID_REQUEST");
  const Json unknown = answer(R"({"op":"lst_tools","request_id":"u"})");
  CHECK(unknown["op"] == "error");
  CHECK(unknown["error"]["code"] == "INVALID_REQUEST");
  CHECK(unknown["request_id"] == "u");
  CHECK(unknown["error"]["message"].get<std::string>().find("list_tools") != std::string::npos);
  CHECK(answer(R"({"op":"call_tool","name":"test_echo"})")["error"]["code"] == "INVALID_REQUEST");
  CHECK(answer(R"({"op":"call_tool","request_id":"a"})")["error"]["code"] == "VALIDATION_ERROR");
  const Json missing = answer(call_tool("b", "test_ecko"));
  CHECK(missing["op"] == "call_tool_res");
  CHECK(missing["ok"] == false);
  CHECK(missing["error"]["code"] == "TOOL_NOT_FOUND");
  CHECK(missing["error"]["details"]["requested_tool"] == "test_ecko");
  CHECK(missing["error"]["message"].get<std::string>().find("test_echo") != std::string::npos);
  CHECK(answer(call_tool("c", "test_echo", {{"times", 0}}))["error"]["code"] == "VALIDATION_ERROR");
  const Json large = answer(call_tool("d", "test_echo", {{"text", std::string(5000, 'x')}}));
  CHECK(large["error"]["code"] == "OVER_CAPACITY");
  CHECK(large["error"]["details"]["limit"] == 4096);
  peer.send("x", 0x82);
  CHECK(peer.json()["error"]["code"] == "PROTOCOL_ERROR");
  peer.send(call_tool("e", "test_fail"));
  const Json failed = peer.until("call_tool_res");
  CHECK(failed["error"]["code"] == "SERVICE_UNAVAILABLE");
  peer.send(call_tool("f", "test_throw"));
  CHECK(peer.until("call_tool_res")["error"]["code"] == "INTERNAL_ERROR");
}

TEST_CASE("calls on one connection run side by side", "[serve][exai_ws]") {
  Gate::close();
  TestServer server;
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  for (const char* const id : {"1", "2", "3"}) peer.send(call_tool(id, "test_wait", {{"n", id}}));
  REQUIRE(Gate::entered(3));
  peer.send(call_tool("4", "test_echo", {{"text", "quick"}}));
  CHECK(peer.until("call_tool_res")["request_id"] == "4");
  peer.send(call_tool("1", "test_wait", {{"n", "1"}}));
  Json note = peer.until("progress");
  while (!note.contains("note")) note = peer.until("progress");
  CHECK(note["note"] == "duplicate request; still processing");
  CHECK(note["request_id"] == "1");
  Gate::open();
  std::set<std::string> done;
  for (int i = 0; i < 3; ++i) done.insert(peer.until("call_tool_res")["request_id"].get<std::string>());
  CHECK(done == std::set<std::string>{"1", "2", "3"});
}

TEST_CASE("capacity is refused inside call_tool_res with the time to come back",
          "[serve][exai_ws][capacity]") {
  Gate::close();
  TestServer server(Settings{{"limits.session", "1"}, {"limits.permit_wait", "0s"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(call_tool("1", "test_wait"));
  REQUIRE(Gate::entered(1));
  peer.send(call_tool("2", "test_wait", {{"n", 2}}));
  const Json refused = peer.until("call_tool_res");
  CHECK(refused["request_id"] == "2");
  CHECK(refused["error"]["code"] == "OVER_CAPACITY");
  CHECK(refused["error"]["details"]["retry_after"] == 1.0);
  CHECK(refused["error"]["details"]["capacity_type"] == "Session");
}

TEST_CASE("a running call sends heartbeats, and streams text deltas", "[serve][exai_ws]") {
  Gate::close();
  TestServer server(Settings{{"ws.progress_interval", "100ms"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(call_tool("1", "test_wait"));
  int bare = 0;
  while (bare < 3) {
    const Json beat = peer.until("progress");
    CHECK(beat["request_id"] == "1");
    CHECK(beat["name"] == "test_wait");
    CHECK(beat["t"].is_number());
    if (!beat.contains("message")) ++bare;
  }
  Gate::open();
  CHECK(peer.until("call_tool_res")["ok"] == true);
  peer.send(call_tool("2", "test_stream"));
  std::string text;
  for (Json frame = peer.json(); frame["op"] != "call_tool_res"; frame = peer.json())
    text += frame.value("text", std::string());
  CHECK(text == "Hello");
}

TEST_CASE("cancel and a closed connection stop the tool", "[serve][exai_ws][cancel]") {
  Gate::close();
  TestServer server;
  {
    WebSocketTestClient peer(server.websocket());
    peer.hello();
    peer.send(call_tool("1", "test_wait"));
    REQUIRE(Gate::entered(1));
    peer.send(R"({"op":"cancel","request_id":"1"})");
    CHECK(peer.until("cancelled")["ok"] == true);
    CHECK(peer.until("call_tool_res")["ok"] == false);
    REQUIRE(Gate::entered(0));
    peer.send(R"({"op":"cancel","request_id":"1"})");
    CHECK(peer.until("cancelled")["ok"] == false);
    peer.send(call_tool("2", "test_wait"));
    REQUIRE(Gate::entered(1));
  }
  REQUIRE(Gate::entered(0));
  CHECK(Gate::stopped() == 2);
}

TEST_CASE("the port of exai_ws answers plain HTTP with a hint", "[serve][exai_ws]") {
  TestServer server;
  CHECK(http(server.websocket(), "GET", "/", "").status == 426);
}

TEST_CASE("a frame that does not arrive in time ends the connection", "[serve][exai_ws][limits]") {
  TestServer server(Settings{{"limits.request_read", "1s"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.tcp().send(std::string("\x81\x85\0\0\0\0ab", 8));
  CHECK(peer.receive() == "close 1008");
}

TEST_CASE("a frame beyond the limit ends the connection only", "[serve][exai_ws][limits]") {
  TestServer server(Settings{{"limits.frame", "1KiB"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(std::string(5000, ' '));
  CHECK(peer.receive() == "close 1009");
  CHECK(WebSocketTestClient(server.websocket()).hello()["ok"] == true);
}
