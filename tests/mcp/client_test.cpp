// The client over HTTP in the legacy era, over exai_ws and over pipes.
#include "mcp/client/client.hpp"

#include "tests/catch.hpp"
#include "tests/io/ws_server.hpp"
#include "tests/mcp/mcp_peer.hpp"

#include <fmt/core.h>

using namespace exai;
using namespace exai::test;
using simulator::Connection;
using simulator::RawRequest;

namespace {

/// A legacy server whose tools/call is scripted.
McpPeer::Script calling(std::function<bool(Connection&, const Json& call)> call) {
  return [call = std::move(call)](Connection& connection, const RawRequest& request, const Json& message) {
    if (const auto done = legacy_basics(connection, request, message)) return *done;
    if (message["method"] == "tools/list") {
      const bool first = !message["params"].contains("cursor");
      Json page{{"tools", Json::array({{{"name", first ? "one" : "two"}}})}};
      if (first) page["nextCursor"] = "more";
      return write_json(connection, result_for(message, page));
    }
    return call(connection, message);
  };
}

std::string progress(const Json& call, const std::string& text, bool partial) {
  Json params{
      {"progressToken", call["params"]["_meta"]["progressToken"]}, {"progress", 1}, {"message", text}};
  if (partial) params["_meta"] = {{"exai/partial", true}};
  return event({{"jsonrpc", "2.0"}, {"method", "notifications/progress"}, {"params", params}});
}

}  // namespace

TEST_CASE("over HTTP a session is opened, used and closed", "[mcp][client]") {
  const McpPeer peer(calling([](Connection& connection, const Json& call) {
    return write_events(connection,
                        progress(call, "thinking", false) + progress(call, "par", true) +
                            progress(call, "tial", true) +
                            event(result_for(call, {{"content", Json::array()}, {"isError", false}})));
  }));
  Observed observed;
  mcp::client::McpTarget target = peer.target();
  target.token = Secret("a-token-for-the-test");
  {
    const auto client = mcp::client::McpClient::connect(target, observed.observer(), soon());
    REQUIRE(client);
    CHECK((*client)->server().name == "scripted");
    CHECK((*client)->server().protocol == "2025-11-25");
    CHECK((*client)->server().era == mcp::client::McpEra::legacy);
    CHECK((*client)->server().transport == mcp::client::McpTransport::http);
    CHECK((*client)->server().capabilities == std::vector<std::string>{"tools"});
    const auto tools = (*client)->list_tools(soon());
    REQUIRE(tools);
    CHECK(tools->size() == 2);
    const auto answer = (*client)->call_tool("one", {{"a", 1}}, soon(), {});
    REQUIRE(answer);
    CHECK((*answer)["isError"] == false);
    CHECK((*client)->ping(soon()));
  }
  CHECK(observed.text == "partial");
  CHECK(observed.progress == "thinking");
  CHECK(observed.frames.find("a-token-for-the-test") == std::string::npos);
  const auto requests = peer.requests();
  REQUIRE(requests.size() == 9);  // one of them is the GET for what the server sends of its own
  CHECK(Json::parse(requests[0].body)["method"] == "server/discover");
  CHECK(Json::parse(requests[1].body)["method"] == "initialize");
  CHECK(requests[1].head.find("Mcp-Session-Id") == std::string::npos);
  CHECK(requests[1].head.find("MCP-Protocol-Version") == std::string::npos);
  CHECK(requests[1].authorization == "Bearer a-token-for-the-test");
  CHECK(Json::parse(requests[2].body)["method"] == "notifications/initialized");
  for (std::size_t i = 2; i < requests.size(); ++i) {
    CHECK(requests[i].head.find("Mcp-Session-Id: s1") != std::string::npos);
    CHECK(requests[i].head.find("MCP-Protocol-Version: 2025-11-25") != std::string::npos);
    CHECK(requests[i].head.find("Mcp-Method") == std::string::npos);
  }
  CHECK(requests.back().method == "DELETE");
}

TEST_CASE("errors keep the kind that the server names, or that their code stands for", "[mcp][client]") {
  Json problem{{"code", -32602}, {"message", "no such field; try help"}};
  ErrorKind expected = ErrorKind::invalid;
  SECTION("by code") {}
  SECTION("method not found") {
    problem["code"] = -32601;
    expected = ErrorKind::not_found;
  }
  SECTION("by data") {
    problem["data"] = {{"kind", "busy"}, {"hint", "try help"}, {"retry_after", 1.5}};
    expected = ErrorKind::busy;
  }
  const McpPeer peer(calling([&](Connection& connection, const Json& call) {
    return write_events(connection, event(error_for(call, problem)));
  }));
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  const auto answer = (*client)->call_tool("one", {}, soon(), {});
  REQUIRE(!answer);
  CHECK(answer.error().kind == expected);
  if (expected == ErrorKind::busy) {
    CHECK(answer.error().message == "no such field");
    CHECK(answer.error().hint == "try help");
    CHECK(answer.error().retry_after == Millis{1500});
  }
}

TEST_CASE("a stopped call sends a cancellation to the server", "[mcp][client]") {
  std::stop_source stop;
  const McpPeer peer(calling([&](Connection& connection, const Json&) {
    stop.request_stop();
    return connection.wait_for_hangup() && false;
  }));
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  const auto answer = (*client)->call_tool("one", {}, soon(), stop.get_token());
  REQUIRE(!answer);
  CHECK(answer.error().kind == ErrorKind::cancelled);
  const Json last = Json::parse(peer.requests().back().body);
  CHECK(last["method"] == "notifications/cancelled");
  CHECK(last["params"]["requestId"] == 3);
}

TEST_CASE("a server request on a call's stream is answered, an unknown method is refused", "[mcp][client]") {
  std::mutex mutex;
  std::vector<Json> answers;
  const McpPeer peer([&](Connection& connection, const RawRequest& request, const Json& message) {
    if (message.is_object() && !message.contains("method")) {
      const std::lock_guard lock(mutex);
      answers.push_back(message);
    }
    if (const auto done = legacy_basics(connection, request, message)) return *done;
    const auto ask = [](const char* id, const char* method) {
      return event({{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", {{"message", "who?"}}}});
    };
    return write_events(connection, ask("q1", "elicitation/create") + ask("q2", "sampling/createMessage") +
                                        ask("q3", "ping") + event(result_for(message, {{"content", {}}})));
  });
  mcp::client::McpObserver observer;
  observer.input.answer = [](const mcp::client::McpQuestion& question) -> Result<Json> {
    CHECK(question.method == "elicitation/create");
    CHECK(question.key.empty());
    CHECK(question.params["message"] == "who?");
    return Json{{"action", "accept"}, {"content", {{"name", "Ada"}}}};
  };
  const auto client = mcp::client::McpClient::connect(peer.target(), std::move(observer), soon());
  REQUIRE(client);
  REQUIRE((*client)->call_tool("one", {}, soon(), {}));
  const Json opening = Json::parse(peer.requests()[1].body);
  CHECK(opening["params"]["capabilities"] == Json{{"elicitation", Json::object()}});
  REQUIRE(answers.size() == 3);
  CHECK(answers[0] == Json{{"jsonrpc", "2.0"},
                           {"id", "q1"},
                           {"result", {{"action", "accept"}, {"content", {{"name", "Ada"}}}}}});
  CHECK(answers[1]["error"]["code"] == -32601);
  CHECK(answers[2]["result"] == Json::object());
}

TEST_CASE("an answer that was cut off is fetched from where it ended", "[mcp][client]") {
  const McpPeer peer([](Connection& connection, const RawRequest& request, const Json& message) {
    if (request.method == "GET") {
      const bool right = request.head.find("Last-Event-ID: e1") != std::string::npos;
      return write_events(connection,
                          right ? event({{"jsonrpc", "2.0"}, {"id", 3}, {"result", {{"content", {}}}}}, "e2")
                                : std::string());
    }
    if (const auto done = legacy_basics(connection, request, message)) return *done;
    return write_events(connection, "id: e1\nretry: 1\ndata: \n\n");
  });
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  CHECK((*client)->call_tool("one", {}, soon(), {}));
}

TEST_CASE("a session that the server has dropped is reported as gone", "[mcp][client]") {
  const McpPeer peer(calling([](Connection& connection, const Json&) {
    return write_answer(
        connection, 404, "application/json",
        R"({"jsonrpc":"2.0","id":null,"error":{"code":-32001,"message":"Session not found"}})");
  }));
  {
    const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
    REQUIRE(client);
    const auto answer = (*client)->call_tool("one", {}, soon(), {});
    REQUIRE(!answer);
    CHECK(answer.error().kind == ErrorKind::unreachable);
    CHECK(answer.error().message.find("session") != std::string::npos);
  }
  CHECK(peer.requests().back().method == "POST");  // nothing was left to delete
}

TEST_CASE("answers larger than the limit are refused, however they come", "[mcp][client]") {
  const bool as_events = GENERATE(false, true);
  const McpPeer peer(calling([&](Connection& connection, const Json& call) {
    const Json large = result_for(call, {{"content", std::string(200'000, 'x')}});
    return as_events ? write_events(connection, event(large)) : write_json(connection, large);
  }));
  mcp::client::McpTarget target = peer.target();
  target.max_message = 100'000;
  const auto client = mcp::client::McpClient::connect(target, {}, soon());
  REQUIRE(client);
  const auto answer = (*client)->call_tool("one", {}, soon(), {});
  REQUIRE(!answer);
  CHECK(answer.error().kind == ErrorKind::invalid);
  CHECK(answer.error().message.find("larger than") != std::string::npos);
}

TEST_CASE("a list that never ends is given up", "[mcp][client]") {
  const McpPeer peer([](Connection& connection, const RawRequest& request, const Json& message) {
    if (const auto done = legacy_basics(connection, request, message)) return *done;
    return write_json(connection, result_for(message, {{"tools", Json::array()}, {"nextCursor", "same"}}));
  });
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  CHECK((*client)->list_tools(soon()).error().message.find("same cursor") != std::string::npos);
}

TEST_CASE("an HTTP server that is not MCP is refused clearly", "[mcp][client]") {
  const McpPeer web([](Connection& connection, const RawRequest&, const Json&) {
    return write_answer(connection, 404, "text/html", "none");
  });
  const auto client = mcp::client::McpClient::connect(web.target("/"), {}, soon());
  REQUIRE(!client);
  CHECK(client.error().kind == ErrorKind::not_found);
  CHECK(client.error().hint.find("/mcp") != std::string::npos);
}

TEST_CASE("a wrong token ends the connection, whatever the revision", "[mcp][client]") {
  const McpPeer guarded([](Connection& connection, const RawRequest&, const Json& message) {
    return write_answer(connection, 401, "application/json",
                        error_for(message, {{"code", -32000}, {"message", "who are you"}}).dump());
  });
  const auto client = mcp::client::McpClient::connect(guarded.target(), {}, soon());
  REQUIRE(!client);
  CHECK(client.error().kind == ErrorKind::refused);
  CHECK(guarded.requests().size() == 1);
}

TEST_CASE("the exai_ws protocol is spoken in its own frames", "[mcp][client]") {
  Json hello, call;
  const test::WsServer server([&](test::WsPeer& peer) {
    hello = Json::parse(peer.read());
    peer.write(R"({"op":"hello_ack","ok":true,"session_id":"s"})");
    (void)peer.read();
    peer.write(R"({"op":"list_tools_res","tools":[{"name":"chat"}]})");
    call = Json::parse(peer.read());
    const std::string id = call["request_id"].get<std::string>();
    peer.write(R"({"op":"call_tool_ack","accepted":true,"timeout":60,"request_id":")" + id + "\"}");
    peer.write(R"({"op":"progress","message":"not yours","request_id":"other"})");
    peer.write(R"({"op":"progress","message":"working","request_id":")" + id + "\"}");
    peer.write(R"({"op":"progress","text":"hel","request_id":")" + id + "\"}");
    peer.write(
        R"({"op":"call_tool_res","ok":true,"outputs":[{"type":"text","text":"hello"}],"request_id":")" + id +
        "\"}");
    const std::string second = Json::parse(peer.read())["request_id"].get<std::string>();
    peer.write(
        R"({"op":"call_tool_res","error":{"code":"OVER_CAPACITY","message":"full","details":{"retry_after":2}},"request_id":")" +
        second + "\"}");
    (void)peer.read();
  });
  mcp::client::McpTarget target;
  target.url = server.url();
  target.exai_ws_token = Secret("the-daemon-token-1");
  Observed observed;
  const auto client = mcp::client::McpClient::connect(target, observed.observer(), soon());
  REQUIRE(client);
  CHECK((*client)->server().transport == mcp::client::McpTransport::exai_ws);
  CHECK((*client)->list_tools(soon())->size() == 1);
  CHECK((*client)->list(mcp::client::McpList::prompts, soon(), {}).error().kind == ErrorKind::not_found);
  const auto answer = (*client)->call_tool("chat", {{"prompt", "x"}}, soon(), {});
  REQUIRE(answer);
  CHECK((*answer)["content"][0]["text"] == "hello");
  CHECK((*answer)["isError"] == false);
  CHECK(observed.text == "hel");
  CHECK(observed.progress == "working");
  CHECK(observed.frames.find("the-daemon-token-1") == std::string::npos);
  const auto busy = (*client)->call_tool("chat", {{"prompt", "x"}}, soon(), {});
  REQUIRE(!busy);
  CHECK(busy.error().kind == ErrorKind::busy);
  CHECK(busy.error().retry_after == Millis{2000});
  CHECK(hello["token"] == "the-daemon-token-1");
  CHECK(call["arguments"]["prompt"] == "x");
}

TEST_CASE("a refused hello names the token's variable", "[mcp][client]") {
  const test::WsServer server([](test::WsPeer& peer) {
    (void)peer.read();
    peer.write(R"({"op":"hello_ack","ok":false,"error":"unauthorized"})");
    peer.close(4003, "unauthorized");
  });
  mcp::client::McpTarget target;
  target.url = server.url();
  const auto client = mcp::client::McpClient::connect(target, {}, soon());
  REQUIRE(!client);
  CHECK(client.error().kind == ErrorKind::refused);
  CHECK(client.error().hint.find("EXAI_WS_TOKEN") != std::string::npos);
}

TEST_CASE("a stdio server is started, called and stopped", "[mcp][client]") {
  mcp::client::McpTarget target;
  target.command = {"sh", "-c", R"sh(
read discover
echo '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"never heard of it"}}'
read first
echo '{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2024-11-05","serverInfo":{"name":"sh"}}}'
read initialized
read call
echo '{"jsonrpc":"2.0","id":"p","method":"ping"}'
read pong
echo '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"message":"'"$(echo "$pong" | tr -d '"{}')"'"}}'
echo '{"jsonrpc":"2.0","id":3,"result":{"content":[]}}'
read ping
echo '{"jsonrpc":"2.0","id":4,"result":{}}'
)sh"};
  Observed observed;
  const auto client = mcp::client::McpClient::connect(target, observed.observer(), soon());
  REQUIRE(client);
  CHECK((*client)->server().name == "sh");
  CHECK((*client)->server().protocol == "2024-11-05");
  CHECK((*client)->call_tool("x", {}, soon(), {}));
  CHECK(observed.progress.find("result") != std::string::npos);
  CHECK((*client)->ping(soon()));
  CHECK((*client)->ping(soon()).error().kind == ErrorKind::unreachable);
}

TEST_CASE("a transport that does not fit what is named is a usage error", "[mcp][client]") {
  mcp::client::McpTarget target;
  target.url = "http://127.0.0.1:1/mcp";
  for (const auto transport : {mcp::client::McpTransport::websocket, mcp::client::McpTransport::exai_ws,
                               mcp::client::McpTransport::stdio}) {
    target.transport = transport;
    CHECK(mcp::client::McpClient::connect(target, {}, soon()).error().kind == ErrorKind::usage);
  }
  target.url = "ws://127.0.0.1:1/";
  target.transport = mcp::client::McpTransport::sse;
  CHECK(mcp::client::McpClient::connect(target, {}, soon()).error().kind == ErrorKind::usage);
  target.command = {"true"};
  CHECK(mcp::client::McpClient::connect(target, {}, soon()).error().kind == ErrorKind::usage);
}
