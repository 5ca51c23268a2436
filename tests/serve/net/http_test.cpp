#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"

#include <cstdio>

using namespace exai;
using namespace exai::tests;

namespace {
const std::string k_json = "Content-Type: application/json\r\n";
Json body_of(const HttpReply& reply) {
  const Result<Json> value = parse_json(reply.body);
  if (!value) FAIL("no JSON: " + reply.body);
  return *value;
}
}  // namespace

TEST_CASE("a session begins, lists, calls and ends over HTTP", "[serve][http]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  CHECK(session.size() >= 32);
  CHECK(post(server.mcp(), R"({"jsonrpc":"2.0","method":"notifications/initialized"})", session).status ==
        202);
  CHECK(body_of(post(server.mcp(), R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})",
                     session))["result"]["tools"]
            .size() == 5);
  const HttpReply called = post(server.mcp(), call("2", "test_echo", R"({"text":"hi"})"), session);
  CHECK(body_of(called)["result"]["content"][0]["text"] == "hi");
  CHECK(body_of(called)["result"]["structuredContent"]["echo"] == true);
  CHECK(called.header("content-type") == "application/json");
  const std::string header = "Mcp-Session-Id: " + session + "\r\n";
  CHECK(http(server.mcp(), "DELETE", "/mcp", header).status == 204);
  CHECK(http(server.mcp(), "DELETE", "/mcp", header).status == 404);
  CHECK(post(server.mcp(), R"({"jsonrpc":"2.0","id":3,"method":"tools/list"})", session).status == 404);
}

TEST_CASE("requests are refused by status where the protocol says so", "[serve][http]") {
  TestServer server;
  const std::string list = R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})";
  CHECK(post(server.mcp(), list, "").status == 400);
  CHECK(post(server.mcp(), "{\"jsonrpc\":", "").status == 400);
  CHECK(body_of(post(server.mcp(), "nonsense", ""))["error"]["code"] == -32700);
  const HttpReply get = http(server.mcp(), "GET", "/mcp", "Accept: text/event-stream\r\n");
  CHECK(get.status == 400);  // no session: never 404, which some clients report as a broken server
  const HttpReply modern =
      http(server.mcp(), "GET", "/mcp", "Accept: text/event-stream\r\nMCP-Protocol-Version: 2026-07-28\r\n");
  CHECK(modern.status == 405);
  CHECK(modern.header("allow") == "POST");
  const HttpReply put = http(server.mcp(), "PUT", "/mcp", k_json, list);
  CHECK(put.status == 405);
  CHECK(put.header("allow") == "GET, POST, DELETE");
  CHECK(http(server.mcp(), "POST", "/mcp", "Content-Type: text/plain\r\n", list).status == 415);
  CHECK(http(server.mcp(), "POST", "/mcp", k_json + "Accept: text/html\r\n", list).status == 406);
  CHECK(http(server.mcp(), "POST", "/mcp", "Content-Type: application/json; charset=utf-8\r\nAccept: */*\r\n",
             list)
            .status == 400);
  CHECK(http(server.mcp(), "GET", "/nowhere", "").status == 404);
  CHECK(http(server.mcp(), "DELETE", "/metrics", "").status == 405);
  CHECK(http(server.mcp(), "DELETE", "/mcp", "").status == 400);
  const std::string session = initialize(server.mcp());
  CHECK(http(server.mcp(), "POST", "/mcp",
             k_json + "Mcp-Session-Id: " + session + "\r\nMCP-Protocol-Version: 1999-01-01\r\n", list)
            .status == 400);
}

TEST_CASE("foreign hosts and origins are refused on every port", "[serve][http][access]") {
  TestServer server(Settings{{"http.allowed_hosts", "mcp.example"}});
  for (const std::uint16_t port : {server.mcp(), server.health()}) {
    CHECK(http(port, "GET", "/health", "Host: evil.example.com\r\n").status == 403);
    CHECK(http(port, "GET", "/health", "Host: 127.0.0.1.evil.example\r\n").status == 403);
    CHECK(http(port, "GET", "/health", "Host: localhost\r\nOrigin: http://evil.example.com\r\n").status ==
          403);
    CHECK(http(port, "GET", "/health", "Host: localhost\r\nOrigin: null\r\n").status == 403);
    CHECK(http(port, "GET", "/health", "Host: a\r\nHost: b\r\n").status == 400);
    CHECK(
        http(port, "GET", "/health", "Host: mcp.example:8000\r\nOrigin: http://localhost:3000\r\n").status ==
        200);
    CHECK(http(port, "GET", "/health", "Host: [::1]:1\r\n").status == 200);
  }
  CHECK(WebSocketTestClient(server.websocket(), "Origin: http://evil.example.com\r\n").status == 403);
  CHECK(WebSocketTestClient(server.websocket(), "Origin: http://localhost:5173\r\n").status == 101);
  TcpClient client(server.mcp());
  client.send("GET /health HTTP/1.1\r\n\r\n");
  CHECK(client.all().substr(9, 3) == "400");
}

TEST_CASE("keys open /mcp, /status and /metrics; health needs none", "[serve][http][access]") {
  const std::string key = "k-0123456789abcdef", other = "k-fedcba9876543210";
  TestServer server(Settings{{"auth.api_keys", key + "," + other}});
  const std::string body =
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})";
  const HttpReply without = http(server.mcp(), "POST", "/mcp", k_json, body);
  CHECK(without.status == 401);
  CHECK(without.header("www-authenticate").find("Bearer") == 0);
  CHECK(http(server.mcp(), "POST", "/mcp", k_json + "Authorization: Bearer wrong-0123456789ab\r\n", body)
            .status == 401);
  const HttpReply opened =
      http(server.mcp(), "POST", "/mcp", k_json + "Authorization: bearer " + key + "\r\n", body);
  CHECK(opened.status == 200);
  CHECK(http(server.mcp(), "POST", "/mcp", k_json + "x-api-key: " + other + "\r\n", body).status == 200);
  const std::string ping = R"({"jsonrpc":"2.0","id":1,"method":"ping"})";
  const std::string session = "Mcp-Session-Id: " + opened.header("mcp-session-id") + "\r\n";
  CHECK(http(server.mcp(), "POST", "/mcp", k_json + session + "x-api-key: " + key + "\r\n", ping).status ==
        200);
  CHECK(http(server.mcp(), "POST", "/mcp", k_json + session + "x-api-key: " + other + "\r\n", ping).status ==
        404);
  CHECK(http(server.mcp(), "GET", "/status", "").status == 401);
  CHECK(http(server.mcp(), "GET", "/metrics", "").status == 401);
  CHECK(http(server.mcp(), "GET", "/health", "").status == 200);
  CHECK(http(server.mcp(), "GET", "/ready", "").status == 200);
}

TEST_CASE("what is too large is refused and the server lives on", "[serve][http][limits]") {
  TestServer server(Settings{{"limits.body", "2048"}});
  const HttpReply large = post(server.mcp(), std::string(5000, 'x'), "");
  CHECK(large.status == 413);
  CHECK(http(server.mcp(), "GET", "/health", "X: " + std::string(40000, 'a') + "\r\n").status == 431);
  std::string many;
  for (int i = 0; i < 120; ++i) many += "X" + std::to_string(i) + ": 1\r\n";
  CHECK(http(server.mcp(), "GET", "/health", many).status == 431);
  CHECK(http(server.mcp(), "GET", "/" + std::string(9000, 'a'), "").status == 414);
  CHECK(http(server.mcp(), "POST", "/mcp", k_json + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n")
            .status == 400);
  TcpClient chunked(server.mcp());
  chunked.send(
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
      "chunked\r\n\r\n1000\r\n" +
      std::string(4096, 'x') + "\r\n0\r\n\r\n");
  CHECK(chunked.until("\r\n\r\n").substr(9, 3) == "413");
  TcpClient garbage(server.mcp());
  garbage.send("\x01\x02 nonsense\r\n\r\n");
  CHECK(garbage.until("\r\n\r\n").substr(9, 3) == "400");
  CHECK(post(server.mcp(),
             std::string(R"({"jsonrpc":"2.0","id":1,"method":"x","params":{"a":)") + std::string(100, '[') +
                 std::string(100, ']') + "}}",
             "")
            .status == 400);
  CHECK(initialize(server.mcp()).size() >= 32);
}

TEST_CASE("a request that does not arrive in time gets 408", "[serve][http][limits]") {
  TestServer server(Settings{{"limits.request_read", "1s"}});
  TcpClient slow(server.mcp());
  slow.send(
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: "
      "100\r\n\r\n{");
  CHECK(slow.all().substr(9, 3) == "408");
}

TEST_CASE("a half-closed socket still gets its answer", "[serve][http]") {
  TestServer server;
  TcpClient client(server.mcp());
  client.send("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
  client.half_close();
  CHECK(client.all().find(R"({"ready":true})") != std::string::npos);
  TcpClient cut(server.mcp());
  cut.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{");
  cut.half_close();
  cut.all();
  CHECK(http(server.mcp(), "GET", "/ready", "").status == 200);
}

TEST_CASE("pipelined requests are answered in order on one connection", "[serve][http]") {
  TestServer server;
  TcpClient client(server.mcp());
  client.send(
      "GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\nGET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\nGET "
      "/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const std::string all = client.all();
  const std::size_t first = all.find(" 200 OK"), second = all.find(" 404 "), third = all.rfind(" 200 OK");
  CHECK(first < second);
  CHECK(second < third);
  CHECK(third != std::string::npos);
}

TEST_CASE("a call without progress of its own gets heartbeats", "[serve][http][sse]") {
  TestServer server(Settings{{"mcp.heartbeat", "100ms"}});
  const std::string session = initialize(server.mcp());
  Gate::close();
  const std::string body = call("2", "test_wait", "{}", R"({"progressToken":"p"})");
  TcpClient client(server.mcp());
  client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + k_json +
              "Accept: application/json, text/event-stream\r\n" + "Mcp-Session-Id: " + session +
              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  const std::string beats = client.until(R"("progress":3,)");  // the first is the tool's own
  INFO(beats);
  CHECK(beats.find(R"("progress":2,"message":"test_wait has worked for )") != std::string::npos);
  Gate::open();
  CHECK(client.until(R"("id":2,"result")").find(R"("id":2,"result")") != std::string::npos);
}

TEST_CASE("progress turns the answer into an event stream, nothing else does", "[serve][http][sse]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  const HttpReply plain = post(server.mcp(), call("1", "test_stream", "{}"), session);
  CHECK(plain.header("content-type") == "application/json");
  const HttpReply streamed =
      post(server.mcp(), call("2", "test_stream", "{}", R"({"progressToken":"p"})"), session);
  CHECK(streamed.header("content-type") == "text/event-stream");
  CHECK(
      streamed.body.find(
          R"("method":"notifications/progress","params":{"progressToken":"p","progress":1,"message":"Hel","_meta":{"exai/partial":true}})") !=
      std::string::npos);
  CHECK(streamed.body.find(R"("progress":2,"message":"half way"})") != std::string::npos);
  const std::size_t final = streamed.body.find(R"("id":2,"result")");
  CHECK(final != std::string::npos);
  CHECK(final > streamed.body.find("\"progress\":3"));
  const HttpReply stream_only =
      http(server.mcp(), "POST", "/mcp",
           k_json + "Accept: text/event-stream\r\nMcp-Session-Id: " + session + "\r\n",
           R"({"jsonrpc":"2.0","id":9,"method":"ping"})");
  CHECK(stream_only.header("content-type") == "text/event-stream");
  CHECK(stream_only.body.find(R"(data: {"jsonrpc":"2.0","id":9,"result":{}})") != std::string::npos);
  // A client that takes JSON only gets JSON only.
  const HttpReply json_only = http(server.mcp(), "POST", "/mcp",
                                   k_json + "Accept: application/json\r\nMcp-Session-Id: " + session + "\r\n",
                                   call("3", "test_stream", "{}", R"({"progressToken":"p"})"));
  CHECK(json_only.header("content-type") == "application/json");
  CHECK(body_of(json_only)["result"]["content"][0]["text"] == "Hello");
}

TEST_CASE("failures of a tool reach the model, exceptions stay internal", "[serve][http]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  const Json failed = body_of(post(server.mcp(), call("1", "test_fail", "{}"), session))["result"];
  CHECK(failed["isError"] == true);
  CHECK(failed["content"][0]["text"] == "GLM_API_KEY is not set; set GLM_API_KEY");
  CHECK(failed["structuredContent"]["error"]["kind"] == "config");
  const HttpReply broke = post(server.mcp(), call("2", "test_throw", "{}"), session);
  CHECK(body_of(broke)["error"]["code"] == -32603);
  CHECK(broke.body.find("secret detail") == std::string::npos);
}

TEST_CASE("cancellation stops the tool; a lost client does not", "[serve][http][cancel]") {
  Gate::close();
  TestServer server;
  const std::string session = initialize(server.mcp());
  const std::string body = call("7", "test_wait", "{}");
  const std::string request = "POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + k_json +
                              "Mcp-Session-Id: " + session +
                              "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
  {
    TcpClient lost(server.mcp());
    lost.send(request);
    REQUIRE(Gate::entered(1));
  }
  CHECK(http(server.mcp(), "GET", "/ready", "").status == 200);
  CHECK(Gate::stopped() == 0);
  CHECK(body_of(post(server.mcp(), body, session))["error"]["code"] == -32600);  // the id is still in use
  const std::string cancel =
      R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}})";
  CHECK(post(server.mcp(), cancel, session).status == 202);
  REQUIRE(Gate::entered(0));
  CHECK(Gate::stopped() == 1);
  TcpClient waiting(server.mcp());
  waiting.send(request);
  REQUIRE(Gate::entered(1));
  CHECK(post(server.mcp(), cancel, session).status == 202);
  CHECK(waiting.until("\r\n\r\n").substr(9, 3) == "202");
}

TEST_CASE("over capacity is refused at once, with a retry time, and permits return",
          "[serve][http][capacity]") {
  Gate::close();
  TestServer server(Settings{{"limits.global", "2"},
                             {"limits.session", "1"},
                             {"limits.permit_wait", "0s"},
                             {"limits.retry_after", "2s"}});
  const std::string one = initialize(server.mcp()), two = initialize(server.mcp()),
                    three = initialize(server.mcp());
  const auto begin = [&](TcpClient& client, const std::string& session) {
    const std::string body = call("1", "test_wait", "{}");
    client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + k_json + "Mcp-Session-Id: " + session +
                "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  };
  TcpClient first(server.mcp()), second(server.mcp());
  begin(first, one);
  REQUIRE(Gate::entered(1));
  const Json own = body_of(post(server.mcp(), call("2", "test_wait", "{}"), one))["error"];
  CHECK(own["code"] == 1429);
  CHECK(own["data"]["code"] == "OVER_CAPACITY");
  CHECK(own["data"]["retry_after"] == 2.0);
  CHECK(own["message"].get<std::string>().find("limits.session") != std::string::npos);
  begin(second, two);
  REQUIRE(Gate::entered(2));
  CHECK(body_of(post(server.mcp(), call("2", "test_wait", "{}"), three))["error"]["message"]
            .get<std::string>()
            .find("limits.global") != std::string::npos);
  // Inline tools need no permit, and a server at capacity is a healthy one.
  CHECK(body_of(post(server.mcp(), call("3", "test_echo", "{}"), three)).contains("result"));
  const HttpReply health = http(server.health(), "GET", "/health", "");
  CHECK(health.status == 200);
  CHECK(body_of(health)["components"]["semaphores"]["global"]["status"] == "exhausted");
  Gate::open();
  first.until("done");
  second.until("done");
  CHECK(body_of(post(server.mcp(), call("4", "test_wait", "{}"), three)).contains("result"));
}

TEST_CASE("a call waits for a permit up to its limit", "[serve][http][capacity]") {
  Gate::close();
  TestServer server(Settings{{"limits.global", "1"}, {"limits.session", "1"}, {"limits.permit_wait", "30s"}});
  const std::string session = initialize(server.mcp());
  const auto begin = [&](TcpClient& client, const char* id) {
    const std::string body = call(id, "test_wait", "{}");
    client.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + k_json +
                "Mcp-Session-Id: " + session + "\r\nContent-Length: " + std::to_string(body.size()) +
                "\r\n\r\n" + body);
  };
  TcpClient first(server.mcp()), second(server.mcp());
  begin(first, "1");
  REQUIRE(Gate::entered(1));
  begin(second, "2");
  Gate::open();
  CHECK(first.all().find("done") != std::string::npos);
  CHECK(second.all().find("done") != std::string::npos);
}

TEST_CASE("draining finishes what runs and refuses what comes", "[serve][http][drain]") {
  Gate::close();
  TestServer server;
  const std::string session = initialize(server.mcp());
  TcpClient running(server.mcp());
  const std::string body = call("1", "test_wait", "{}");
  running.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + k_json + "Mcp-Session-Id: " + session +
               "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  REQUIRE(Gate::entered(1));
  std::promise<void> idle;
  server.on_loop([&] { server.engine().drain([&] { idle.set_value(); }); });
  const Json refused = body_of(post(server.mcp(), call("2", "test_echo", "{}"), session));
  CHECK(refused["error"]["code"] == 1429);
  CHECK(refused["error"]["message"].get<std::string>().find("shutting down") != std::string::npos);
  CHECK(http(server.mcp(), "GET", "/ready", "").status == 503);
  CHECK(http(server.health(), "GET", "/health/ready", "").status == 503);
  CHECK(http(server.health(), "GET", "/health/live", "").status == 200);
  Gate::open();
  CHECK(running.until("done").find("done") != std::string::npos);
  CHECK(idle.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready);
}

TEST_CASE("a call that outlives its deadline is answered and cancelled", "[serve][http][deadline]") {
  Gate::close();
  TestServer server(Settings{{"timeouts.simple", "200ms"}});
  const std::string session = initialize(server.mcp());
  const Json result = body_of(post(server.mcp(), call("1", "test_wait", "{}"), session))["result"];
  CHECK(result["isError"] == true);
  CHECK(result["structuredContent"]["error"]["kind"] == "timeout");
  CHECK(result["structuredContent"]["error"]["message"].get<std::string>().find("200ms") !=
        std::string::npos);
  REQUIRE(Gate::entered(0));
  CHECK(Gate::stopped() == 1);
}

TEST_CASE("metrics name known tools only and satisfy promtool", "[serve][metrics]") {
  TestServer server;
  const std::string session = initialize(server.mcp());
  post(server.mcp(), call("1", "test_echo", "{}"), session);
  post(server.mcp(), call("2", "test_fail", "{}"), session);
  server.on_loop(
      [&] { server.metrics().call_finished("made up by a client", engine::Transport::http, "ok", 0.2); });
  server.metrics().provider_error("glm", ErrorKind::timeout);
  const HttpReply reply = http(server.mcp(), "GET", "/metrics", "");
  CHECK(reply.header("content-type").find("text/plain; version=0.0.4") == 0);
  for (const char* const line :
       {R"(exai_requests_total{outcome="ok",tool="test_echo",transport="http"} 1)",
        R"(exai_requests_total{outcome="config",tool="test_fail",transport="http"} 1)",
        R"(exai_requests_total{outcome="ok",tool="unknown",transport="http"} 1)",
        R"(exai_request_duration_seconds_bucket{tool="unknown",le="0.25"} 1)",
        R"(exai_provider_errors_total{kind="timeout",provider="glm"} 1)", "exai_cache_hits_total 0",
        "exai_inflight_calls 0", "process_resident_memory_bytes ", "process_start_time_seconds "}) {
    INFO(line);
    CHECK(reply.body.find(line) != std::string::npos);
  }
  CHECK(reply.body.find("made up") == std::string::npos);
  FILE* promtool = popen("promtool check metrics", "w");
  REQUIRE(promtool != nullptr);
  std::fwrite(reply.body.data(), 1, reply.body.size(), promtool);
  CHECK(pclose(promtool) == 0);
}
