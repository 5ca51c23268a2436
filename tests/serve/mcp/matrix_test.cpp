// The HTTP behaviours of session and stateless revisions, one case a row of the matrix, through real
// sockets.
#include "serve/net/response_writer.hpp"
#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"

using namespace exai;
using namespace exai::tests;

namespace {

const std::string k_both =
    "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
const std::string k_ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
const std::string k_meta =
    R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}})";

/// Headers and body of a stateless request.
std::string modern_head(const std::string& method) {
  return k_both + "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: " + method + "\r\n";
}
std::string modern(const std::string& method) {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + method + R"(","params":{)" + k_meta + "}}";
}

HttpReply legacy(const TestServer& server, const std::string& session, const std::string& body,
                 const std::string& more = {}) {
  return http(server.mcp(), "POST", "/mcp", k_both + "Mcp-Session-Id: " + session + "\r\n" + more, body);
}

int code_of(const HttpReply& reply) {
  const Result<Json> body = parse_json(reply.body);
  return body && body->contains("error") ? (*body)["error"]["code"].get<int>() : 0;
}

}  // namespace

TEST_CASE("matrix: wrong Host or Origin is 403, with a session and without", "[serve][matrix]") {
  TestServer server;
  for (const char* wrong : {"Origin: http://evil.example\r\n", "Origin: null\r\n"}) {
    CHECK(legacy(server, "any", k_ping, wrong).status == 403);
    CHECK(
        http(server.mcp(), "POST", "/mcp", modern_head("server/discover") + wrong, modern("server/discover"))
            .status == 403);
  }
  CHECK(http(server.mcp(), "POST", "/mcp", k_both + "Host: evil.example\r\n", k_ping).status == 403);
  CHECK(legacy(server, initialize(server.mcp()), k_ping, "Origin: http://localhost:3000\r\n").status == 200);
}

TEST_CASE("matrix: content type and Accept", "[serve][matrix]") {
  TestServer server;
  const std::string session = "Mcp-Session-Id: " + initialize(server.mcp()) + "\r\n";
  const auto post = [&](const std::string& head) {
    return http(server.mcp(), "POST", "/mcp", session + head, k_ping).status;
  };
  CHECK(post("Content-Type: text/plain\r\nAccept: */*\r\n") == 415);
  CHECK(post("Content-Type: application/json; charset=utf-8\r\nAccept: */*\r\n") == 200);
  CHECK(post("Content-Type: application/json\r\nAccept: text/html\r\n") == 406);
  CHECK(post("Content-Type: application/json\r\nAccept: text/event-stream, application/json\r\n") == 200);
  CHECK(post("Content-Type: application/json\r\nAccept: text/event-stream\r\n") == 200);
  CHECK(post("Content-Type: application/json\r\n") == 200);
}

TEST_CASE("matrix: a body that is not a message", "[serve][matrix]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  CHECK(legacy(server, session, "{").status == 400);
  CHECK(code_of(legacy(server, session, "{")) == -32700);
  for (const char* body : {"5", "\"x\"", "[]", R"([{"jsonrpc":"2.0","id":1,"method":"ping"}])"}) {
    const HttpReply reply = legacy(server, session, body);
    CHECK(reply.status == 400);
    CHECK(code_of(reply) == -32600);
    CHECK(reply.body.find("\"id\"") == std::string::npos);
  }
}

TEST_CASE("matrix: messages without an answer are 202, without a body", "[serve][matrix]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  for (const char* body : {R"({"jsonrpc":"2.0","method":"notifications/initialized"})",
                           R"({"jsonrpc":"2.0","id":"exai-7","result":{}})"}) {
    const HttpReply reply = legacy(server, session, body);
    CHECK(reply.status == 202);
    CHECK(reply.body.empty());
  }
  CHECK(
      http(server.mcp(), "POST", "/mcp", modern_head("x"), R"({"jsonrpc":"2.0","method":"notifications/x"})")
          .status == 202);
  CHECK(http(server.mcp(), "POST", "/mcp", modern_head("x"), R"({"jsonrpc":"2.0","id":1,"result":{}})")
            .status == 400);
}

TEST_CASE("matrix: an unknown method", "[serve][matrix]") {
  TestServer server;
  const HttpReply old =
      legacy(server, initialize(server.mcp()), R"({"jsonrpc":"2.0","id":1,"method":"no/such"})");
  CHECK(old.status == 200);
  CHECK(code_of(old) == -32601);
  const HttpReply now = http(server.mcp(), "POST", "/mcp", modern_head("no/such"), modern("no/such"));
  CHECK(now.status == 404);
  CHECK(code_of(now) == -32601);
}

TEST_CASE("matrix: the version header", "[serve][matrix]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  CHECK(legacy(server, session, k_ping, "MCP-Protocol-Version: 1999-01-01\r\n").status == 400);
  for (const char* version : {"2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"})
    CHECK(legacy(server, session, k_ping, "MCP-Protocol-Version: " + std::string(version) + "\r\n").status ==
          200);
  CHECK(legacy(server, session, k_ping).status == 200);  // absent: the session's own
  const HttpReply absent = http(server.mcp(), "POST", "/mcp", k_both + "Mcp-Method: server/discover\r\n",
                                modern("server/discover"));
  CHECK(absent.status == 400);
  CHECK(code_of(absent) == -32020);
}

TEST_CASE("matrix: the session header", "[serve][matrix]") {
  TestServer server;
  CHECK(http(server.mcp(), "POST", "/mcp", k_both, k_ping).status == 400);
  CHECK(legacy(server, "unknown", k_ping).status == 404);
  const HttpReply stateless =
      http(server.mcp(), "POST", "/mcp", modern_head("tools/list") + "Mcp-Session-Id: unknown\r\n",
           modern("tools/list"));
  CHECK(stateless.status == 200);
  CHECK(stateless.header("mcp-session-id").empty());
}

TEST_CASE("matrix: GET and DELETE", "[serve][matrix]") {
  TestServer server;
  const std::string session = "Mcp-Session-Id: " + initialize(server.mcp()) + "\r\n";
  TcpClient stream(server.mcp());
  stream.send("GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + session + "\r\n");
  const std::string head = stream.until("\r\n\r\n");
  CHECK(head.find("200 OK") != std::string::npos);
  CHECK(head.find("text/event-stream") != std::string::npos);
  CHECK(head.find("Cache-Control: no-cache, no-transform") != std::string::npos);
  CHECK(head.find("X-Accel-Buffering: no") != std::string::npos);
  for (const char* method : {"GET", "DELETE"}) {
    const HttpReply now = http(server.mcp(), method, "/mcp",
                               session + "MCP-Protocol-Version: 2026-07-28\r\nLast-Event-ID: 0-1\r\n");
    CHECK(now.status == 405);
    CHECK(now.header("allow") == "POST");
  }
  CHECK(http(server.mcp(), "DELETE", "/mcp", session).status == 204);
  CHECK(http(server.mcp(), "DELETE", "/mcp", session).status == 404);
  CHECK(http(server.mcp(), "POST", "/mcp", k_both + session, k_ping).status == 404);
  CHECK(http(server.mcp(), "GET", "/mcp", "Accept: text/event-stream\r\n" + session).status == 404);
  CHECK(http(server.mcp(), "PATCH", "/mcp", k_both, k_ping).header("allow") == "GET, POST, DELETE");
}

TEST_CASE("matrix: a replay begins after the event that the client names", "[serve][matrix]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  const std::string body = call("1", "test_stream", "{}", R"({"progressToken":"t"})");
  const HttpReply whole = legacy(server, session, body);
  CHECK(whole.body.find("id: 1-0\nretry: ") != std::string::npos);  // the priming event
  CHECK(whole.body.find("id: 1-1\n") != std::string::npos);
  const HttpReply rest =
      http(server.mcp(), "GET", "/mcp",
           "Accept: text/event-stream\r\nMcp-Session-Id: " + session + "\r\nLast-Event-ID: 1-1\r\n");
  CHECK(rest.status == 200);
  CHECK(rest.body.find("id: 1-1\n") == std::string::npos);
  CHECK(rest.body.find("id: 1-2\n") != std::string::npos);
  CHECK(rest.body.find("\"result\"") != std::string::npos);
}

TEST_CASE("matrix: a disconnect cancels a stateless call, and only that", "[serve][matrix]") {
  TestServer server;
  Gate::close();
  {
    TcpClient client(server.mcp());
    const std::string body =
        R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"test_wait",)" + k_meta + "}}";
    client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + modern_head("tools/call") +
                "Mcp-Name: test_wait\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(Gate::entered(1));
  }
  CHECK(Gate::entered(0));
  CHECK(Gate::stopped() == 1);
  const std::string session = initialize(server.mcp());
  {
    TcpClient client(server.mcp());
    const std::string body = call("2", "test_wait", "{}");
    client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + k_both + "Mcp-Session-Id: " + session +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    CHECK(Gate::entered(1));
  }
  CHECK(legacy(server, session, k_ping).status == 200);
  CHECK(Gate::stopped() == 1);
  Gate::open();
  CHECK(Gate::entered(0));
  CHECK(Gate::stopped() == 1);
}

TEST_CASE("an idle stream gets keep-alive comments, and nothing else", "[serve][net]") {
  int woken = 0;
  serve::net::PendingResponse pending(false, {}, nullptr, [&] { ++woken; });
  std::string out;
  pending.quiet();  // not allowed to become a stream yet
  CHECK_FALSE(pending.has_stream());
  pending.may_stream("id: 1-0\ndata: \n\n");
  pending.quiet();
  pending.take_stream(out);
  CHECK(out.find("text/event-stream") != std::string::npos);
  CHECK(out.find("\r\n\r\nid: 1-0\ndata: \n\n: keep-alive\n\n") != std::string::npos);
  pending.quiet();
  pending.take_stream(out);
  CHECK(out == ": keep-alive\n\n");
  pending.finish();
  pending.quiet();
  CHECK_FALSE(pending.has_stream());
}
