// The client in the era of 2026-07-28, and how it finds out which era a server is of.
#include "tests/catch.hpp"
#include "tests/io/ws_server.hpp"
#include "tests/mcp/mcp_peer.hpp"

#include <condition_variable>
#include <mutex>

#include <fmt/core.h>

using namespace exai;
using namespace exai::test;
using simulator::Connection;
using simulator::RawRequest;

namespace {

const std::string k_meta = "io.modelcontextprotocol/";

/// A modern server with one tool whose calls are scripted.
McpPeer::Script modern(std::function<bool(Connection&, const Json& message)> other) {
  return [other = std::move(other)](Connection& connection, const RawRequest&, const Json& message) {
    if (const auto done = modern_basics(connection, message)) return *done;
    if (message["method"] == "tools/list") {
      const Json region{{"type", "string"}, {"x-mcp-header", "Region"}};
      const Json count{{"type", "integer"}, {"x-mcp-header", "Count"}};
      const Json inner{{"type", "object"}, {"properties", {{"count", count}}}};
      const Json schema{{"type", "object"}, {"properties", {{"region", region}, {"inner", inner}}}};
      const Json twice{{"type", "object"}, {"properties", {{"a", region}, {"b", region}}}};
      return write_json(connection, result_for(message, {{"tools",
                                                          {{{"name", "go"}, {"inputSchema", schema}},
                                                           {{"name", "bad"}, {"inputSchema", twice}}}}}));
    }
    return other(connection, message);
  };
}

Json complete(const std::string& text) {
  return {{"resultType", "complete"}, {"content", {{{"type", "text"}, {"text", text}}}}};
}

std::string header_of(const RawRequest& request, const std::string& name) {
  const auto begin = request.head.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "(none)";
  const auto value = begin + name.size() + 4;
  return request.head.substr(value, request.head.find("\r\n", value) - value);
}

mcp::client::McpObserver answering(std::function<Result<Json>(const mcp::client::McpQuestion&)> answer) {
  mcp::client::McpObserver observer;
  observer.input.answer = std::move(answer);
  return observer;
}

}  // namespace

TEST_CASE("a stateless request is self-contained, in its body and in its headers", "[mcp][client]") {
  const McpPeer peer(modern([](Connection& connection, const Json& message) {
    return write_json(connection, result_for(message, complete("done")));
  }));
  mcp::client::McpTarget target = peer.target();
  target.log_level = "info";
  {
    const auto client = mcp::client::McpClient::connect(target, {}, soon());
    REQUIRE(client);
    CHECK((*client)->server().era == mcp::client::McpEra::modern);
    CHECK((*client)->server().protocol == "2026-07-28");
    CHECK((*client)->server().name == "stateless");
    CHECK((*client)->server().capabilities == std::vector<std::string>{k_meta + "tasks", "tools"});
    REQUIRE((*client)->call_tool("go", {{"region", "Zürich"}, {"inner", {{"count", 3}}}}, soon(), {}));
    REQUIRE((*client)->call_tool("go", {{"region", nullptr}}, soon(), {}));
    REQUIRE((*client)->read_resource("note://ä", soon(), {}));
    CHECK((*client)->call_tool("bad", {}, soon(), {}).error().kind == ErrorKind::invalid);
  }
  const auto requests = peer.requests();
  REQUIRE(requests.size() == 5);  // no session, so nothing to delete
  const Json call = Json::parse(requests[2].body);
  const Json& meta = call["params"]["_meta"];
  CHECK(meta[k_meta + "protocolVersion"] == "2026-07-28");
  CHECK(meta[k_meta + "clientInfo"]["name"] == "exai");
  CHECK(meta[k_meta + "clientCapabilities"] == Json::object());
  CHECK(meta[k_meta + "logLevel"] == "info");
  CHECK(header_of(requests[2], "MCP-Protocol-Version") == "2026-07-28");
  CHECK(header_of(requests[2], "Mcp-Method") == "tools/call");
  CHECK(header_of(requests[2], "Mcp-Name") == "go");
  CHECK(header_of(requests[2], "Mcp-Param-Region") == "=?base64?WsO8cmljaA==?=");
  CHECK(header_of(requests[2], "Mcp-Param-Count") == "3");
  CHECK(header_of(requests[3], "Mcp-Param-Region") == "(none)");
  CHECK(header_of(requests[4], "Mcp-Name") == "=?base64?bm90ZTovL8Ok?=");
}

TEST_CASE("input that a server requires is elicited until the server is satisfied", "[mcp][client]") {
  std::vector<Json> calls;
  const McpPeer peer(modern([&](Connection& connection, const Json& message) {
    calls.push_back(message);
    const auto ask = [](const std::string& key, const std::string& method, const std::string& state) {
      return Json{{"resultType", "input_required"},
                  {"requestState", state},
                  {"inputRequests", {{key, {{"method", method}, {"params", {{"message", "please"}}}}}}}};
    };
    if (calls.size() == 1)
      return write_json(connection, result_for(message, ask("one", "elicitation/create", "s1")));
    if (calls.size() == 2)
      return write_json(connection,
                        result_for(message, {{"resultType", "input_required"}, {"requestState", "s2"}}));
    return write_json(connection, result_for(message, complete("done")));
  }));
  const auto client =
      mcp::client::McpClient::connect(peer.target(), answering([](const mcp::client::McpQuestion& question) {
                                        CHECK(question.key == "one");
                                        return Result<Json>(Json{{"action", "decline"}});
                                      }),
                                      soon());
  REQUIRE(client);
  const auto answer = (*client)->call_tool("go", {}, soon(), {});
  REQUIRE(answer);
  REQUIRE(calls.size() == 3);
  CHECK(calls[0]["params"]["_meta"][k_meta + "clientCapabilities"]["elicitation"]["form"] == Json::object());
  CHECK(calls[1]["params"]["inputResponses"]["one"]["action"] == "decline");
  CHECK(calls[1]["params"]["requestState"] == "s1");
  CHECK(!calls[2]["params"].contains("inputResponses"));
  CHECK(calls[2]["params"]["requestState"] == "s2");
  CHECK(calls[0]["id"] != calls[1]["id"]);
}

TEST_CASE("a server that asks without end, or for what was not offered, is given up", "[mcp][client]") {
  const bool offered = GENERATE(true, false);
  int calls = 0;
  const McpPeer peer(modern([&](Connection& connection, const Json& message) {
    ++calls;
    const Json asked{{"method", offered ? "elicitation/create" : "sampling/createMessage"},
                     {"params", Json::object()}};
    return write_json(connection, result_for(message, {{"resultType", "input_required"},
                                                       {"inputRequests", {{"k", asked}}}}));
  }));
  const auto client = mcp::client::McpClient::connect(peer.target(), answering([](const auto&) {
                                                        return Result<Json>(Json{{"action", "accept"}});
                                                      }),
                                                      soon());
  REQUIRE(client);
  const auto answer = (*client)->get_prompt("p", {}, soon(), {});
  REQUIRE(!answer);
  CHECK(answer.error().kind == (offered ? ErrorKind::invalid : ErrorKind::refused));
  CHECK(calls == (offered ? 32 : 1));
}

TEST_CASE("a task is followed to its end", "[mcp][client]") {
  std::vector<std::string> methods;
  std::string ending = "completed";
  SECTION("with a result") {}
  SECTION("with an error") {
    ending = "failed";
  }
  SECTION("cancelled there") {
    ending = "cancelled";
  }
  const McpPeer peer(modern([&](Connection& connection, const Json& message) {
    const auto method = message["method"].get<std::string>();
    methods.push_back(method);
    Json task{{"resultType", "task"}, {"taskId", "t1"}, {"status", "working"}, {"pollIntervalMs", 1}};
    if (method == "tools/call") return write_json(connection, result_for(message, task));
    task["resultType"] = "complete";
    CHECK(message["params"]["taskId"] == "t1");
    if (method == "tasks/update") {
      CHECK(message["params"]["inputResponses"]["ok"]["action"] == "accept");
      return write_json(connection, result_for(message, {{"resultType", "complete"}}));
    }
    const auto looks = std::count(methods.begin(), methods.end(), "tasks/get");
    if (looks == 2) {
      task["status"] = "input_required";
      task["inputRequests"] = {{"ok", {{"method", "elicitation/create"}, {"params", Json::object()}}}};
    } else if (looks > 2) {
      task["status"] = ending;
      if (ending == "completed") task["result"] = {{"content", Json::array()}, {"isError", true}};
      if (ending == "failed") task["error"] = {{"code", -32603}, {"message", "it broke"}};
    }
    return write_json(connection, result_for(message, task));
  }));
  mcp::client::McpTarget target = peer.target();
  target.tasks = true;
  const auto client = mcp::client::McpClient::connect(target, answering([](const auto&) {
                                                        return Result<Json>(Json{{"action", "accept"}});
                                                      }),
                                                      soon());
  REQUIRE(client);
  const auto answer = (*client)->call_tool("go", {}, soon(), {});
  CHECK(methods ==
        std::vector<std::string>{"tools/call", "tasks/get", "tasks/get", "tasks/update", "tasks/get"});
  REQUIRE(answer.has_value() == (ending == "completed"));
  if (answer) CHECK((*answer)["isError"] == true);
  if (ending == "failed") CHECK(answer.error().message == "it broke");
  const RawRequest look = peer.requests()[3];
  CHECK(header_of(look, "Mcp-Name") == "t1");
}

TEST_CASE("a task that nobody waits for any more is cancelled", "[mcp][client]") {
  std::stop_source stop;
  std::vector<std::string> methods;
  const McpPeer peer(modern([&](Connection& connection, const Json& message) {
    methods.push_back(message["method"].get<std::string>());
    if (methods.back() == "tasks/get") stop.request_stop();
    return write_json(connection,
                      result_for(message, {{"resultType", methods.size() == 1 ? "task" : "complete"},
                                           {"taskId", "t1"},
                                           {"status", "working"},
                                           {"pollIntervalMs", 60000}}));
  }));
  mcp::client::McpTarget target = peer.target();
  target.tasks = true;
  const auto client = mcp::client::McpClient::connect(target, {}, soon());
  REQUIRE(client);
  CHECK((*client)->call_tool("go", {}, soon(), stop.get_token()).error().kind == ErrorKind::cancelled);
  CHECK(methods.back() == "tasks/cancel");
}

TEST_CASE("in stateless revisions closing the stream cancels the request", "[mcp][client]") {
  std::stop_source stop;
  const McpPeer peer(modern([&](Connection& connection, const Json&) {
    stop.request_stop();
    return connection.wait_for_hangup() && false;
  }));
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  CHECK((*client)->read_resource("x://y", soon(), stop.get_token()).error().kind == ErrorKind::cancelled);
  CHECK(Json::parse(peer.requests().back().body)["method"] == "resources/read");
}

TEST_CASE("errors of stateless revisions have their HTTP status and are read from the body",
          "[mcp][client]") {
  const McpPeer peer(modern([](Connection& connection, const Json& message) {
    const Json needs{{"requiredCapabilities", {{"sampling", Json::object()}}}};
    return write_answer(
        connection, 400, "application/json",
        error_for(message, {{"code", -32021}, {"message", "needs sampling"}, {"data", needs}}).dump());
  }));
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  const auto answer = (*client)->get_prompt("p", {}, soon(), {});
  REQUIRE(!answer);
  CHECK(answer.error().kind == ErrorKind::refused);
  CHECK(answer.error().message == "needs sampling");
  CHECK(answer.error().hint.find("sampling") != std::string::npos);
}

TEST_CASE("the revision is negotiated, or the requested one is required", "[mcp][client]") {
  SECTION("a list of legacy versions means initialize") {
    const McpPeer peer([](Connection& connection, const RawRequest& request, const Json& message) {
      if (message.is_object() && message.value("method", "") == "server/discover")
        return write_answer(
            connection, 400, "application/json",
            error_for(message,
                      {{"code", -32022}, {"message", "too new"}, {"data", {{"supported", {"2025-11-25"}}}}})
                .dump());
      return legacy_basics(connection, request, message).value_or(false);
    });
    const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
    REQUIRE(client);
    CHECK((*client)->server().era == mcp::client::McpEra::legacy);
    mcp::client::McpTarget target = peer.target();
    target.era = mcp::client::McpEra::modern;
    CHECK(mcp::client::McpClient::connect(target, {}, soon()).error().message == "too new");
  }
  SECTION("no version in common ends it") {
    const McpPeer peer([](Connection& connection, const RawRequest&, const Json& message) {
      return write_answer(
          connection, 400, "application/json",
          error_for(message, {{"code", -32022}, {"message", "no"}, {"data", {{"supported", {"2031-01-01"}}}}})
              .dump());
    });
    const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
    REQUIRE(!client);
    CHECK(client.error().message.find("no version in common") != std::string::npos);
    CHECK(peer.requests().size() == 1);
  }
  SECTION("legacy does not ask") {
    const McpPeer peer([](Connection& connection, const RawRequest& request, const Json& message) {
      return legacy_basics(connection, request, message).value_or(false);
    });
    mcp::client::McpTarget target = peer.target();
    target.era = mcp::client::McpEra::legacy;
    CHECK(mcp::client::McpClient::connect(target, {}, soon()));
    CHECK(Json::parse(peer.requests()[0].body)["method"] == "initialize");
  }
  SECTION("a program that ends at the question is started again") {
    mcp::client::McpTarget target;
    target.command = {"sh", "-c", R"sh(
read first
case "$first" in *server/discover*) exit 1;; esac
echo '{"jsonrpc":"2.0","id":2,"result":{"protocolVersion":"2025-06-18","serverInfo":{"name":"brittle"}}}'
read rest
)sh"};
    const auto client = mcp::client::McpClient::connect(target, {}, soon());
    REQUIRE(client);
    CHECK((*client)->server().name == "brittle");
  }
}

TEST_CASE("HTTP+SSE is chosen by the path, by name, or when the first POST is refused", "[mcp][client]") {
  std::string streamed;  // what the POSTs put on the stream
  std::mutex mutex;
  std::condition_variable wake;
  const McpPeer peer([&](Connection& connection, const RawRequest& request, const Json& message) {
    if (request.method == "GET") {
      connection.write(
          "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: endpoint\ndata: /post?s=1\n\n");
      for (int answers = 0; answers < 2; ++answers) {
        std::unique_lock lock(mutex);
        if (!wake.wait_for(lock, std::chrono::seconds(10), [&] { return !streamed.empty(); })) return false;
        connection.write(std::exchange(streamed, {}));
      }
      return connection.wait_for_hangup() && false;
    }
    if (request.path != "/post?s=1") return write_answer(connection, 405, "text/plain", "");
    const std::lock_guard lock(mutex);
    if (message["method"] == "initialize")
      streamed =
          event(result_for(message, {{"protocolVersion", "2024-11-05"}, {"serverInfo", {{"name", "old"}}}}));
    if (message["method"] == "ping") streamed = event(result_for(message, Json::object()));
    wake.notify_all();
    return write_accepted(connection);
  });
  mcp::client::McpTarget target = peer.target("/sse");
  SECTION("by its path") {}
  SECTION("by name") {
    target = peer.target("/other");
    target.transport = mcp::client::McpTransport::sse;
  }
  SECTION("after a refusal") {
    target = peer.target("/mcp");
  }
  const auto client = mcp::client::McpClient::connect(target, {}, soon());
  REQUIRE(client);
  CHECK((*client)->server().transport == mcp::client::McpTransport::sse);
  CHECK((*client)->server().name == "old");
  CHECK((*client)->ping(soon()));
}

TEST_CASE("an error without an id answers the pending request", "[mcp][client]") {
  const McpPeer peer(modern([](Connection& connection, const Json&) {
    return write_answer(connection, 400, "application/json",
                        R"({"jsonrpc":"2.0","error":{"code":-32700,"message":"that was no JSON"}})");
  }));
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  CHECK((*client)->get_prompt("p", {}, soon(), {}).error().message == "that was no JSON");
}

TEST_CASE("a stream that does not begin with an endpoint is not HTTP+SSE", "[mcp][client]") {
  const McpPeer peer([](Connection& connection, const RawRequest&, const Json&) {
    return write_events(connection, "event: news\ndata: /post\n\n");
  });
  const auto client = mcp::client::McpClient::connect(peer.target("/sse"), {}, soon());
  REQUIRE(!client);
  CHECK(client.error().message.find("endpoint") != std::string::npos);
}

TEST_CASE("an HTTP+SSE server must not send our messages elsewhere", "[mcp][client]") {
  const McpPeer peer([](Connection& connection, const RawRequest&, const Json&) {
    return write_events(connection, "event: endpoint\ndata: http://127.0.0.1:1/post\n\n");
  });
  mcp::client::McpTarget target = peer.target("/sse");
  target.token = Secret("a-token-for-the-test");
  const auto client = mcp::client::McpClient::connect(target, {}, soon());
  REQUIRE(!client);
  CHECK(client.error().kind == ErrorKind::refused);
}

TEST_CASE("over a WebSocket the subprotocol tells MCP from exai_ws", "[mcp][client]") {
  const test::WsServer server(
      [](test::WsPeer& peer) {
        const Json discover = Json::parse(peer.read());
        peer.write(error_for(discover, {{"code", -32601}, {"message", "no"}}).dump());
        const Json initialize = Json::parse(peer.read());
        peer.write(
            result_for(initialize, {{"protocolVersion", "2025-11-25"}, {"serverInfo", {{"name", "ws"}}}})
                .dump());
        (void)peer.read();
        const Json read = Json::parse(peer.read());
        peer.write(result_for(read, {{"contents", Json::array()}}).dump());
        (void)peer.read();
      },
      {.subprotocol = "mcp"});
  mcp::client::McpTarget target;
  target.url = server.url();
  const auto client = mcp::client::McpClient::connect(target, {}, soon());
  REQUIRE(client);
  CHECK((*client)->server().transport == mcp::client::McpTransport::websocket);
  CHECK((*client)->server().name == "ws");
  CHECK((*client)->read_resource("x://y", soon(), {}));
}
