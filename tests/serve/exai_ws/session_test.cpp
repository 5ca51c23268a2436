// Sharing, keeping and resuming: who gets whose result, and that nothing runs twice.
#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"

#include <map>

using namespace exai;
using namespace exai::tests;

namespace {
namespace sessions {

std::string call_tool(const std::string& id, const std::string& tool, const Json& arguments = Json::object(),
                      const Json& more = Json::object()) {
  Json frame = {{"op", "call_tool"}, {"request_id", id}, {"name", tool}, {"arguments", arguments}};
  frame.update(more);
  return dump_json(frame);
}

Json result_of(WebSocketTestClient& peer, const std::string& id) {
  for (;;) {
    Json frame = peer.until("call_tool_res");
    if (frame["request_id"] == id) return frame;
  }
}

/// The next `count` results, in any order, by request id.
std::map<std::string, Json> results_of(WebSocketTestClient& peer, std::size_t count) {
  std::map<std::string, Json> results;
  while (results.size() < count) {
    Json one = peer.until("call_tool_res");
    results[one["request_id"].get<std::string>()] = one;
  }
  return results;
}

/// How often a tool has run, as /metrics counts it.
int runs(TestServer& server, const std::string& tool) {
  int count = 0;
  const std::string text = server.metrics().render();
  for (std::size_t at = text.find("requests_total{"); at != std::string::npos;
       at = text.find("requests_total{", at + 1)) {
    const std::string line = text.substr(at, text.find('\n', at) - at);
    if (line.find('"' + tool + '"') != std::string::npos)
      count += static_cast<int>(std::stod(line.substr(line.rfind(' '))));
  }
  return count;
}

}  // namespace sessions
}  // namespace

using sessions::call_tool;
using sessions::result_of;
using sessions::results_of;
using sessions::runs;

TEST_CASE("the same call in flight is joined, within its session only", "[serve][exai_ws][sharing]") {
  Gate::close();
  TestServer server;
  WebSocketTestClient peer(server.websocket()), other(server.websocket());
  peer.hello();
  other.hello();
  peer.send(call_tool("1", "test_wait", {{"a", 1}, {"b", 2}}));
  REQUIRE(Gate::entered(1));
  peer.send(R"({"op":"call_tool","request_id":"2","name":"test_wait","arguments":{"b":2,"a":1}})");
  CHECK(peer.until("call_tool_ack")["request_id"] == "1");
  CHECK(peer.until("call_tool_ack")["request_id"] == "2");
  other.send(call_tool("1", "test_wait", {{"a", 1}, {"b", 2}}));
  REQUIRE(Gate::entered(2));  // another session: a run of its own
  peer.send(call_tool("3", "test_wait", {{"a", 1}, {"b", 2}, {"model", "other"}}));
  REQUIRE(Gate::entered(3));  // another model
  Gate::open();
  std::map<std::string, Json> results = results_of(peer, 3);
  const Json first = results["1"], second = results["2"];
  CHECK_FALSE(first.contains("from_inflight"));
  CHECK(second["from_inflight"] == true);
  CHECK(second["outputs"] == first["outputs"]);
  CHECK_FALSE(result_of(other, "1").contains("from_inflight"));
  CHECK(results["3"]["ok"] == true);
  CHECK(runs(server, "test_wait") == 3);
}

TEST_CASE("a result answers the same call again for a while, within its session only",
          "[serve][exai_ws][sharing]") {
  TestServer server;
  WebSocketTestClient peer(server.websocket()), other(server.websocket());
  peer.hello();
  other.hello();
  peer.send(call_tool("1", "test_stream", {{"n", 1}}));
  CHECK_FALSE(result_of(peer, "1").contains("from_cache"));
  peer.send(call_tool("2", "test_stream", {{"n", 1}}));
  const Json again = peer.json();  // no ack: nothing runs
  CHECK(again["op"] == "call_tool_res");
  CHECK(again["from_cache"] == true);
  CHECK(again["request_id"] == "2");
  CHECK(again["text"] == "Hello");
  peer.send(call_tool("1", "test_stream", {{"n", 1}}));  // the same request: sent again
  CHECK(peer.json()["from_cache"] == true);
  peer.send(call_tool("3", "test_stream", {{"n", 2}}));
  CHECK_FALSE(result_of(peer, "3").contains("from_cache"));
  other.send(call_tool("1", "test_stream", {{"n", 1}}));
  CHECK_FALSE(result_of(other, "1").contains("from_cache"));
  CHECK(runs(server, "test_stream") == 3);
  CHECK(server.metrics().render().find("cache_hits") != std::string::npos);
}

TEST_CASE("calls that must run each time do", "[serve][exai_ws][sharing]") {
  TestServer server(Settings{{"ws.unshared_tools", "test_stream"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  for (const char* const id : {"1", "2", "2"}) {
    peer.send(call_tool(id, "test_stream"));
    CHECK_FALSE(result_of(peer, id).contains("from_cache"));
  }
  CHECK(runs(server, "test_stream") == 3);
  // Errors answer nobody but their own call, and a repeated message of a conversation is a new message.
  for (const char* const id : {"3", "4"}) {
    peer.send(call_tool(id, "test_fail"));
    CHECK_FALSE(result_of(peer, id).contains("from_cache"));
  }
  CHECK(runs(server, "test_fail") == 2);
  TestServer plain;
  WebSocketTestClient talker(plain.websocket());
  talker.hello();
  for (const char* const id : {"1", "2"}) {
    talker.send(call_tool(id, "test_stream", {{"continuation_id", "t"}}));
    CHECK_FALSE(result_of(talker, id).contains("from_cache"));
  }
  // Inline tools answer at once and are asked for what is true now.
  for (const char* const id : {"3", "4"}) {
    talker.send(call_tool(id, "test_echo"));
    CHECK_FALSE(result_of(talker, id).contains("from_cache"));
  }
}

TEST_CASE("results and runs in flight are shared for their configured time only",
          "[serve][exai_ws][sharing]") {
  Gate::close();
  TestServer server(Settings{{"ws.result_ttl", "0s"}, {"ws.inflight_ttl", "0s"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(call_tool("1", "test_wait"));
  peer.send(call_tool("2", "test_wait"));
  REQUIRE(Gate::entered(2));
  Gate::open();
  results_of(peer, 2);
  peer.send(call_tool("3", "test_wait"));
  CHECK_FALSE(result_of(peer, "3").contains("from_cache"));
  CHECK(runs(server, "test_wait") == 3);
}

TEST_CASE("a request id used for two calls is a duplicate", "[serve][exai_ws][sharing]") {
  Gate::close();
  TestServer server(Settings{{"limits.rate_session", "1000"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(call_tool("1", "test_wait", {{"n", 1}}));
  REQUIRE(Gate::entered(1));
  peer.send(call_tool("1", "test_wait", {{"n", 2}}));
  const Json refused = peer.until("error");
  CHECK(refused["request_id"] == "1");
  CHECK(refused["error"]["code"] == "DUPLICATE");
  CHECK(refused["error"]["details"]["original_request_id"] == "1");
  for (int i = 2; i <= 65; ++i) peer.send(call_tool(std::to_string(i), "test_wait", {{"n", 1}}));
  const Json full = peer.until("call_tool_res");
  CHECK(full["request_id"] == "65");
  CHECK(full["error"]["code"] == "DUPLICATE");
  CHECK(full["error"]["details"]["original_request_id"] == "1");
  Gate::open();
  CHECK(result_of(peer, "64")["from_inflight"] == true);
  CHECK(runs(server, "test_wait") == 1);
}

TEST_CASE("a caller that leaves a shared run does not cancel it for the others",
          "[serve][exai_ws][sharing][cancel]") {
  Gate::close();
  TestServer server;
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(call_tool("1", "test_wait"));
  REQUIRE(Gate::entered(1));
  peer.send(call_tool("2", "test_wait"));
  peer.send(R"({"op":"cancel","request_id":"1"})");
  CHECK(peer.until("cancelled")["ok"] == true);
  CHECK(result_of(peer, "1")["ok"] == false);
  CHECK(Gate::entered(1));
  Gate::open();
  CHECK(result_of(peer, "2")["ok"] == true);
  CHECK(Gate::stopped() == 0);
}

TEST_CASE("a resumed session has its calls, and a repeated request does not run again",
          "[serve][exai_ws][resume]") {
  Gate::close();
  TestServer server;
  std::string session;
  {
    WebSocketTestClient peer(server.websocket());
    const Json ack = peer.hello_again();
    CHECK(ack["resumed"] == false);
    CHECK(ack["resume_grace"] == 60.0);
    session = ack["session_id"].get<std::string>();
    CHECK(session != "new");
    peer.send(call_tool("1", "test_wait"));
    peer.send(call_tool("2", "test_wait", {{"n", 2}}));
    REQUIRE(Gate::entered(2));
    peer.send(call_tool("bad", "test_fail"));
    CHECK(result_of(peer, "bad")["ok"] == false);
  }
  WebSocketTestClient peer(server.websocket());
  const Json ack = peer.hello_again(session);
  CHECK(ack["resumed"] == true);
  CHECK(ack["session_id"] == session);
  peer.send(call_tool("1", "test_wait"));
  CHECK(peer.json()["note"] == "duplicate request; still processing");
  CHECK(peer.json()["op"] == "call_tool_ack");  // the first one went to the lost connection
  Gate::open();
  CHECK(results_of(peer, 2)["1"]["ok"] == true);
  peer.send(call_tool("bad", "test_fail"));
  const Json bad = result_of(peer, "bad");
  CHECK(bad["from_cache"] == true);  // also a failure has happened only once
  CHECK(bad["error"]["code"] == "SERVICE_UNAVAILABLE");
  CHECK(runs(server, "test_wait") == 2);
  CHECK(runs(server, "test_fail") == 1);
}

TEST_CASE("a call that ended without a connection is answered when it is requested again",
          "[serve][exai_ws][resume]") {
  Gate::close();
  TestServer server;
  std::string session;
  {
    WebSocketTestClient peer(server.websocket());
    session = peer.hello_again()["session_id"].get<std::string>();
    peer.send(call_tool("1", "test_wait"));
    REQUIRE(Gate::entered(1));
  }
  Gate::open();
  REQUIRE(Gate::entered(0));
  WebSocketTestClient peer(server.websocket());
  CHECK(peer.hello_again(session)["resumed"] == true);
  peer.send(call_tool("1", "test_wait"));
  CHECK(result_of(peer, "1")["text"] == "done");
  CHECK(runs(server, "test_wait") == 1);
  CHECK(Gate::stopped() == 0);
}

TEST_CASE("a request whose answer has expired is not run again", "[serve][exai_ws][resume]") {
  TestServer server(Settings{{"ws.result_ttl", "0s"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello_again();
  peer.send(call_tool("1", "test_stream"));
  CHECK(result_of(peer, "1")["ok"] == true);
  peer.send(call_tool("1", "test_stream"));
  const Json again = result_of(peer, "1");
  CHECK(again["error"]["code"] == "DUPLICATE");
  CHECK(again["error"]["details"]["original_request_id"] == "1");
  CHECK(runs(server, "test_stream") == 1);
  peer.send(call_tool("1", "test_stream", {{"n", 1}}));  // another call under an old id is new
  CHECK(result_of(peer, "1")["ok"] == true);
}

TEST_CASE("only a known session of a client that asked for it is resumed", "[serve][exai_ws][resume]") {
  Gate::close();
  TestServer server(Settings{{"ws.resume_grace", "100ms"}});
  std::string plain, session;
  {
    WebSocketTestClient peer(server.websocket());
    const Json ack = peer.hello();
    CHECK_FALSE(ack.contains("resumed"));
    plain = ack["session_id"].get<std::string>();
    peer.send(call_tool("1", "test_wait"));
    REQUIRE(Gate::entered(1));
  }
  REQUIRE(Gate::entered(0));  // cancelled at once
  {
    WebSocketTestClient peer(server.websocket());
    const Json ack = peer.hello_again(plain);
    CHECK(ack["resumed"] == false);
    CHECK(ack["session_id"] != plain);
    session = ack["session_id"].get<std::string>();
    peer.send(call_tool("1", "test_wait"));
    REQUIRE(Gate::entered(1));
  }
  REQUIRE(Gate::entered(0));  // when the grace time was over
  CHECK(Gate::stopped() == 2);
  WebSocketTestClient late(server.websocket());
  CHECK(late.hello_again(session)["resumed"] == false);
}

TEST_CASE("a second connection takes its session over; a goodbye ends it", "[serve][exai_ws][resume]") {
  Gate::close();
  TestServer server;
  WebSocketTestClient first(server.websocket());
  const auto session = first.hello_again()["session_id"].get<std::string>();
  first.send(call_tool("1", "test_wait"));
  REQUIRE(Gate::entered(1));
  WebSocketTestClient second(server.websocket());
  CHECK(second.hello_again(session)["resumed"] == true);
  std::string last;
  for (std::string frame = first.receive(); !frame.empty(); frame = first.receive()) last = frame;
  CHECK(last == "close 4004");
  CHECK(Gate::entered(1));
  second.send(R"({"op":"bye"})");
  REQUIRE(Gate::entered(0));
  for (last = second.receive(); last.find("close") != 0; last = second.receive()) REQUIRE_FALSE(last.empty());
  CHECK(last == "close 1000");
  WebSocketTestClient third(server.websocket());
  CHECK(third.hello_again(session)["resumed"] == false);
}

TEST_CASE("sessions without a client make room, sessions with one are not sent away",
          "[serve][exai_ws][resume][limits]") {
  Gate::close();
  TestServer server(Settings{{"ws.sessions", "1"}});
  std::string session;
  {
    WebSocketTestClient gone(server.websocket());
    session = gone.hello_again()["session_id"].get<std::string>();
    gone.send(call_tool("1", "test_wait"));
    REQUIRE(Gate::entered(1));
  }
  // The loop may not have seen the loss yet; then this client is asked to retry.
  for (;;) {
    WebSocketTestClient peer(server.websocket());
    if (peer.hello()["op"] != "hello_ack") continue;
    REQUIRE(Gate::entered(0));
    WebSocketTestClient more(server.websocket());
    const Json refused = more.hello();
    CHECK(refused["error"]["code"] == "OVER_CAPACITY");
    CHECK(refused["error"]["details"]["retry_after"] == 1.0);
    CHECK(more.receive() == "close 1008");
    break;
  }
}
