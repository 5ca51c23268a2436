#include "serve/auth/guard.hpp"

#include "core/text.hpp"
#include "core/utc.hpp"
#include "io/files.hpp"
#include "tests/catch.hpp"
#include "tests/serve/auth/auth_fixture.hpp"

using namespace exai;
using namespace exai::engine;
using namespace exai::serve::auth;
using namespace exai::tests;

namespace {

const std::string k_first = "first-0123456789ab", k_second = "second-0123456789ab";
const std::string k_accept =
    "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n";
const std::string k_open =
    R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}})";

std::string bearer(const std::string& key) {
  return "Authorization: Bearer " + key + "\r\n";
}

HttpReply open_with(const TestServer& server, const std::string& key, const std::string& more = {}) {
  return http(server.mcp(), "POST", "/mcp", k_accept + bearer(key) + more, k_open);
}

/// A GET that stays open, from its first event on.
struct Listening {
  Listening(const TestServer& server, const std::string& path, const std::string& head)
      : client(server.mcp()) {
    client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n" + head +
                "\r\n");
    begun = client.until("\r\n\r\n");
  }
  TcpClient client;
  std::string begun;
};

std::string log_of(const TestServer& server) {
  std::string text;
  for (const auto& file : std::filesystem::directory_iterator(server.root() / "logs"))
    text += io::read_file(file.path()).value_or("");
  return text;
}

std::size_t count_of(const std::string& text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

/// A clock that stands still: nothing comes back to a bucket while a slow machine runs the test.
class StoppedClock final : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return Steady{} + std::chrono::hours{10000}; }
  [[nodiscard]] Wall wall() const override { return Wall{} + std::chrono::hours{500000}; }
};

Steady at(int milliseconds) {
  return Steady{} + std::chrono::hours{10000} + Millis{milliseconds};
}

}  // namespace

TEST_CASE("requests are counted by key, by address and over all, and the tightest limit is reported",
          "[serve][rate]") {
  RateLimits limits;
  limits.global = {1000, 100};
  limits.address = {4, 2};
  limits.session = {2, 1};
  RateLimiter rates(limits);
  const RateVerdict first = rates.take(RateCaller{"a", "k"}, at(0));
  CHECK(first.wait.count() == 0);
  CHECK(rate_headers(first) == "RateLimit-Policy: \"key\";q=2;w=2\r\nRateLimit: \"key\";r=1;t=1\r\n");
  CHECK(rates.take(RateCaller{"a", "k"}, at(0)).left == 0);
  const RateVerdict refused = rates.take(RateCaller{"a", "k"}, at(0));
  CHECK(refused.wait == Millis{1000});
  CHECK(rate_headers(refused) ==
        "RateLimit-Policy: \"key\";q=2;w=2\r\nRateLimit: \"key\";r=0;t=2\r\nRetry-After: 1\r\n");
  // Another key behind the same address has its own measure, and what the address has left.
  CHECK(rates.take(RateCaller{"a", "l"}, at(0)).wait.count() == 0);
  CHECK(rates.take(RateCaller{"a", "m"}, at(0)).policy == "address");
  CHECK(rates.take(RateCaller{"a", "m"}, at(0)).wait == Millis{500});
  CHECK(rates.take(RateCaller{"b"}, at(0)).policy == "address");
}

TEST_CASE("on loopback only explicitly configured limits apply", "[serve][rate]") {
  RateLimiter rates(rate_limits(config_of({{"limits.rate_session", "2"}})));
  for (int i = 0; i < 2000; ++i) {
    const RateVerdict verdict = rates.take(RateCaller{"127.0.0.1", {}, true}, at(0));
    if (!verdict.policy.empty() || verdict.wait.count() > 0) FAIL(i);
  }
  CHECK(rate_headers(rates.take(RateCaller{"127.0.0.1", {}, true}, at(0))).empty());
  for (int i = 0; i < 2; ++i) CHECK(rates.take(RateCaller{"127.0.0.1", "k", true}, at(0)).wait.count() == 0);
  CHECK(rates.take(RateCaller{"127.0.0.1", "k", true}, at(0)).wait.count() > 0);
  RateLimiter far(rate_limits(config_of({})));
  int taken = 0;
  while (far.take(RateCaller{"192.0.2.1"}, at(0)).wait.count() == 0) ++taken;
  CHECK(taken == 100);
}

TEST_CASE("wrong keys are counted apart from requests", "[serve][rate]") {
  RateLimits limits;
  limits.address = {2, 1};
  RateLimiter rates(limits);
  for (int i = 0; i < 2; ++i) CHECK(rates.take_failure("a", at(0)).count() == 0);
  CHECK(rates.take_failure("a", at(0)) == Millis{1000});
  CHECK(rates.take_failure("b", at(0)).count() == 0);
  for (int i = 0; i < 2; ++i) CHECK(rates.take(RateCaller{"a", "k"}, at(0)).wait.count() == 0);
  CHECK(rates.take(RateCaller{"a", "k"}, at(0)).wait.count() > 0);
}

TEST_CASE("repeated log lines are one, with a count", "[serve][auth]") {
  std::vector<std::string> lines;
  QuietLog log([&](std::string_view text) { lines.emplace_back(text); }, Millis{1000});
  for (int i = 0; i < 5; ++i) log.log("no", at(i));
  log.log("no", at(1000));
  log.log("no", at(2000));
  CHECK(lines == std::vector<std::string>{"no", "no (and 4 more like it before)", "no"});
}

TEST_CASE("over its limit a caller gets 429 and Retry-After, over HTTP, SSE and WebSocket",
          "[serve][rate][http]") {
  const StoppedClock clock;
  TestServer server(Settings{{"auth.api_keys", k_first + "," + k_second},
                             {"limits.rate_session", "2"},
                             {"limits.rate_session_refill", "1"}},
                    clock);
  const HttpReply first = open_with(server, k_first);
  CHECK(first.status == 200);
  CHECK(first.header("ratelimit-policy") == "\"key\";q=2;w=2");
  CHECK(first.header("ratelimit") == "\"key\";r=1;t=1");
  CHECK(open_with(server, k_first).status == 200);
  const HttpReply refused = open_with(server, k_first);
  CHECK(refused.status == 429);
  CHECK(refused.header("retry-after") == "1");
  CHECK(refused.header("ratelimit").starts_with("\"key\";r=0"));
  CHECK(http(server.mcp(), "GET", "/sse", bearer(k_first)).status == 429);
  CHECK(WebSocketTestClient(server.websocket(), "Sec-WebSocket-Protocol: mcp\r\n" + bearer(k_first)).status ==
        429);
  CHECK(http(server.mcp(), "GET", "/status", bearer(k_first)).status == 200);  // not what the limits are for
  // Another key behind the same address is not concerned: one request for the upgrade, one message.
  WebSocketTestClient peer(server.websocket(), "Sec-WebSocket-Protocol: mcp\r\n" + bearer(k_second));
  REQUIRE(peer.status == 101);
  peer.send(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  CHECK(peer.json().contains("result"));
  peer.send(R"({"jsonrpc":"2.0","id":2,"method":"ping"})");
  const Json busy = peer.json();
  CHECK(busy["id"] == 2);
  CHECK(busy["error"]["code"] == 1429);
  CHECK(busy["error"]["data"]["retry_after"].get<double>() > 0);
  CHECK(server.metrics().render().find("exai_access_refused_total{reason=\"rate\"} 4") != std::string::npos);
}

TEST_CASE("a stranger's guesses lock no valid key out, and are one line of the log",
          "[serve][rate][access]") {
  const StoppedClock clock;
  TestServer server(Settings{{"auth.api_keys", k_first}, {"limits.rate_address", "5"}}, clock);
  for (int i = 0; i < 9; ++i) {
    const HttpReply reply = open_with(server, "a-guess-" + std::to_string(i));
    CHECK(reply.status == (i < 5 ? 401 : 429));
    CHECK(reply.header("retry-after").empty() == (i < 5));
  }
  CHECK(http(server.mcp(), "POST", "/mcp", k_accept, k_open).status == 401);  // no key is no guess
  CHECK(open_with(server, k_first).status == 200);
  WebSocketTestClient guess(server.websocket());
  guess.send(R"({"op":"hello","token":"a-guess"})");
  CHECK(guess.receive() == "close 1008");
  CHECK(WebSocketTestClient(server.websocket()).hello(k_first)["ok"] == true);
  const std::string log = log_of(server);
  CHECK(count_of(log, "a key that is not known was presented, from 127.0.0.1") == 1);
  CHECK(count_of(log, "access.refused") == 1);
  CHECK(log.find("a-guess") == std::string::npos);
  CHECK(server.metrics().render().find("exai_access_refused_total{reason=\"key\"} 10") != std::string::npos);
}

TEST_CASE("connections of a key end when the key is removed", "[serve][access][streams]") {
  const Settings both{{"auth.api_keys", k_first + "," + k_second}}, one{{"auth.api_keys", k_second}};
  TestServer server(both);
  const std::string session =
      "Mcp-Session-Id: " + open_with(server, k_first).header("mcp-session-id") + "\r\n";
  const std::string other =
      "Mcp-Session-Id: " + open_with(server, k_second).header("mcp-session-id") + "\r\n";
  Listening stream(server, "/mcp", bearer(k_first) + session), sse(server, "/sse", bearer(k_first));
  Listening stays(server, "/mcp", bearer(k_second) + other);
  const std::string listen =
      R"({"jsonrpc":"2.0","id":1,"method":"subscriptions/listen","params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}},"notifications":{"toolsListChanged":true}}})";
  TcpClient modern(server.mcp());
  modern.send(
      "POST /mcp HTTP/1.1\r\nHost: localhost\r\nMCP-Protocol-Version: 2026-07-28\r\nMcp-Method: "
      "subscriptions/listen\r\n" +
      k_accept + bearer(k_first) + "Content-Length: " + std::to_string(listen.size()) + "\r\n\r\n" + listen);
  CHECK(modern.until("acknowledged").find("acknowledged") != std::string::npos);
  WebSocketTestClient mcp(server.websocket(), "Sec-WebSocket-Protocol: mcp\r\n" + bearer(k_first)),
      frames(server.websocket());
  REQUIRE(mcp.status == 101);
  REQUIRE(frames.hello(k_first)["ok"] == true);
  Gate::close();
  TcpClient waiting(server.mcp());
  const std::string slow = call("7", "test_wait", "{}");
  waiting.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + k_accept + bearer(k_first) + session +
               "Content-Length: " + std::to_string(slow.size()) + "\r\n\r\n" + slow);
  REQUIRE(Gate::entered(1));
  server.replace_access(one);
  REQUIRE(Gate::entered(0));  // its calls stop
  CHECK(Gate::stopped() == 1);
  for (TcpClient* const client : {&stream.client, &sse.client, &modern})
    CHECK(client->until("0\r\n\r\n").find("0\r\n\r\n") != std::string::npos);
  CHECK(waiting.until("not accepted any more").substr(9, 3) == "401");
  CHECK(mcp.receive() == "close 1008");
  CHECK(frames.receive() == "close 1008");
  CHECK(open_with(server, k_first).status == 401);
  // The other one's stream is still there: it is notified of changes.
  CHECK(http(server.mcp(), "POST", "/mcp", k_accept + bearer(k_second) + other,
             R"({"jsonrpc":"2.0","id":1,"method":"ping"})")
            .status == 200);
  server.on_loop([&] { server.mcp_stack().service.changed(Change::tools, ""); });
  CHECK(stays.client.until("list_changed").find("list_changed") != std::string::npos);
}

TEST_CASE("connections of a key end when it expires, but a pending answer is sent",
          "[serve][access][streams]") {
  const Scratch folder;
  AuthClock clock;
  const std::string soon = utc_seconds(clock.wall() + std::chrono::hours(1));
  const std::filesystem::path path =
      folder.write("keys.yaml", "- name: laptop\n  sha256: " + sha256_hex(k_first) +
                                    "\n  scope: operator\n  expires: " + soon + "\n");
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  TestServer server(Settings{{"auth.keys_file", path.string()}}, clock);
  const std::string session =
      "Mcp-Session-Id: " + open_with(server, k_first).header("mcp-session-id") + "\r\n";
  Listening stream(server, "/mcp", bearer(k_first) + session), sse(server, "/sse", bearer(k_first));
  WebSocketTestClient mcp(server.websocket(), "Sec-WebSocket-Protocol: mcp\r\n" + bearer(k_first));
  Gate::close();
  TcpClient waiting(server.mcp());
  const std::string slow = call("7", "test_wait", "{}");
  waiting.send("POST /mcp HTTP/1.1\r\nHost: localhost\r\n" + k_accept + bearer(k_first) + session +
               "Content-Length: " + std::to_string(slow.size()) + "\r\n\r\n" + slow);
  REQUIRE(Gate::entered(1));
  clock.advance(std::chrono::hours(2));
  CHECK(stream.client.until("0\r\n\r\n").find("0\r\n\r\n") != std::string::npos);
  CHECK(sse.client.until("0\r\n\r\n").find("0\r\n\r\n") != std::string::npos);
  CHECK(mcp.receive() == "close 1008");
  Gate::open();
  CHECK(waiting.until("done").find("done") != std::string::npos);
  CHECK(open_with(server, k_first).status == 401);
}

TEST_CASE("a reload that requires keys closes connections without one", "[serve][access][streams]") {
  TestServer server;
  Listening sse(server, "/sse", "");
  WebSocketTestClient mcp(server.websocket(), "Sec-WebSocket-Protocol: mcp\r\n"), frames(server.websocket());
  REQUIRE(frames.hello()["ok"] == true);
  server.replace_access({{"auth.api_keys", k_first}});
  CHECK(sse.client.until("0\r\n\r\n").find("0\r\n\r\n") != std::string::npos);
  CHECK(mcp.receive() == "close 1008");
  CHECK(frames.receive() == "close 1008");
  TestServer token(Settings{{"ws.token", "a-token-of-some-length"}});
  WebSocketTestClient old(token.websocket()), same(token.websocket());
  REQUIRE(old.hello("a-token-of-some-length")["ok"] == true);
  token.replace_access({{"ws.token", "a-token-of-some-length"}});
  old.send(R"({"op":"ping"})");
  CHECK(old.json()["op"] == "pong");  // the same token stays valid
  token.replace_access({{"ws.token", "another-token-of-some-length"}});
  CHECK(old.receive() == "close 1008");
}

TEST_CASE("pages of allowed origins may send and read, others get nothing", "[serve][http][cors]") {
  TestServer server(Settings{{"auth.api_keys", k_first}, {"http.allowed_hosts", "app.example"}});
  const std::string asks =
      "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: "
      "content-type,mcp-session-id,mcp-param-region\r\n";
  for (const std::uint16_t port : {server.mcp(), server.health()}) {
    for (const char* const origin :
         {"http://localhost:6274", "http://127.0.0.1:3000", "https://app.example"}) {
      const std::string from = std::string("Origin: ") + origin + "\r\n";
      const HttpReply preflight = http(port, "OPTIONS", "/mcp", from + asks);
      CHECK(preflight.status == 204);
      CHECK(preflight.header("access-control-allow-origin") == origin);
      CHECK(preflight.header("access-control-allow-methods").find("DELETE") != std::string::npos);
      CHECK(preflight.header("access-control-allow-headers") ==
            "content-type,mcp-session-id,mcp-param-region");
      CHECK_FALSE(preflight.header("access-control-max-age").empty());
      CHECK(preflight.header("vary") == "Origin");
      const HttpReply health = http(port, "GET", "/health", from);
      CHECK(health.header("access-control-allow-origin") == origin);
      CHECK(health.header("access-control-expose-headers").find("Mcp-Session-Id") != std::string::npos);
      CHECK(http(port, "GET", "/nowhere", from).header("access-control-allow-origin") == origin);
    }
    for (const char* const origin :
         {"http://evil.example", "null", "http://localhost.evil.example", "file://", "x"}) {
      const HttpReply refused =
          http(port, "OPTIONS", "/mcp", std::string("Origin: ") + origin + "\r\n" + asks);
      CHECK(refused.status == 403);
      CHECK(refused.header("access-control-allow-origin").empty());
    }
    CHECK(http(port, "GET", "/health", "").header("access-control-allow-origin").empty());
    CHECK(http(port, "OPTIONS", "*", "").status == 204);
  }
  const std::string from = "Origin: http://localhost:6274\r\n";
  CHECK(http(server.mcp(), "POST", "/mcp", k_accept + from, k_open).header("access-control-allow-origin") ==
        "http://localhost:6274");  // a page may read why it was refused
  CHECK(open_with(server, k_first, from).header("access-control-expose-headers").find("Mcp-Session-Id") !=
        std::string::npos);
  CHECK(Listening(server, "/sse", bearer(k_first) + from)
            .begun.find("Access-Control-Allow-Origin: http://localhost:6274\r\n") != std::string::npos);
  // A list that is none is not sent back.
  const HttpReply odd =
      http(server.mcp(), "OPTIONS", "/mcp",
           from + "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: a;b\r\n");
  CHECK(odd.header("access-control-allow-headers").find("Mcp-Session-Id") != std::string::npos);
}

TEST_CASE("a lost session has the code that makes clients initialize again", "[serve][http][session]") {
  TestServer server;
  const std::string gone = "Mcp-Session-Id: no-such-session\r\n";
  for (const HttpReply& reply : {http(server.mcp(), "POST", "/mcp", k_accept + gone,
                                      R"({"jsonrpc":"2.0","id":5,"method":"tools/list"})"),
                                 http(server.mcp(), "GET", "/mcp", "Accept: text/event-stream\r\n" + gone),
                                 http(server.mcp(), "DELETE", "/mcp", gone),
                                 http(server.mcp(), "POST", "/messages?sessionId=x", k_accept,
                                      R"({"jsonrpc":"2.0","id":5,"method":"ping"})")}) {
    CHECK(reply.status == 404);
    CHECK(reply.body.find("\"code\":-32001") != std::string::npos);
    CHECK(reply.body.find("Session not found") != std::string::npos);
  }
}

TEST_CASE("a client that looks for OAuth where there is none is told what to do instead",
          "[serve][http][oauth]") {
  TestServer server(Settings{{"auth.api_keys", k_first}});
  for (const char* const path :
       {"/register", "/authorize?client_id=x", "/token", "/register/",
        "/.well-known/oauth-authorization-server", "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/oauth-protected-resource/mcp", "/.well-known/openid-configuration",
        "/mcp/.well-known/openid-configuration"}) {
    for (const char* const method : {"GET", "POST"}) {
      const HttpReply reply = http(server.mcp(), method, path, "");
      CHECK(reply.status == 404);
      const Json body = parse_json(reply.body).value();
      CHECK(body["error"].is_string());
      CHECK(body["error_description"] == "no OAuth here; send Authorization: Bearer KEY");
    }
  }
}

TEST_CASE("a scope that is too small is 403 with the scope that is needed", "[serve][http][access]") {
  const Scratch folder;
  const std::filesystem::path path =
      folder.write("keys.yaml", "- name: looker\n  sha256: " + sha256_hex(k_first) + "\n  scope: viewer\n");
  std::filesystem::permissions(path, std::filesystem::perms(0600));
  TestServer server(Settings{{"auth.keys_file", path.string()}});
  const std::string session =
      "Mcp-Session-Id: " + open_with(server, k_first).header("mcp-session-id") + "\r\n";
  const HttpReply reply =
      http(server.mcp(), "POST", "/mcp", k_accept + bearer(k_first) + session, call("1", "test_echo", "{}"));
  CHECK(reply.status == 403);
  CHECK(reply.header("www-authenticate") == "Bearer error=\"insufficient_scope\", scope=\"exai:operator\"");
  CHECK(parse_json(reply.body).value()["error"]["code"] == 1403);
  // A resource has a scope of its own: to read it, to complete it, to hear of its changes.
  const std::string uri = R"("uri":"test://for-admins")";
  for (
      const auto& [method, params] :
      {std::pair<std::string, std::string>{"resources/read", uri},
       {"resources/subscribe", uri},
       {"completion/complete",
        R"("ref":{"type":"ref/resource","uri":"test://for-admins/{name}"},"argument":{"name":"name","value":""})"}}) {
    INFO(method);
    const HttpReply one =
        http(server.mcp(), "POST", "/mcp", k_accept + bearer(k_first) + session,
             R"({"jsonrpc":"2.0","id":2,"method":")" + method + R"(","params":{)" + params + "}}");
    CHECK(one.status == 403);
    CHECK(one.header("www-authenticate") == "Bearer error=\"insufficient_scope\", scope=\"exai:admin\"");
  }
  const HttpReply listening = http(
      server.mcp(), "POST", "/mcp",
      k_accept + bearer(k_first) + "MCP-Protocol-Version: 2026-07-28\r\nMcp-Method: subscriptions/listen\r\n",
      R"({"jsonrpc":"2.0","id":3,"method":"subscriptions/listen","params":{"notifications":{"resourceSubscriptions":["test://for-admins"]},)"
      R"("_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}})");
  CHECK(listening.status == 403);
}

TEST_CASE("health has connections of its own, and rejected ones are one line of the log",
          "[serve][health][limits]") {
  TestServer server(Settings{{"limits.connections", "3"}});
  std::vector<std::unique_ptr<TcpClient>> held;
  for (const std::uint16_t port : {server.mcp(), server.websocket(), server.mcp()}) {
    held.push_back(std::make_unique<TcpClient>(port));
    if (port == server.mcp()) held.back()->send("GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
    if (port == server.mcp()) CHECK(held.back()->until("true}").find("200 OK") != std::string::npos);
  }
  for (int i = 0; i < 5; ++i) {
    TcpClient late(server.mcp());
    CHECK(late.all().substr(9, 3) == "503");
  }
  CHECK(http(server.health(), "GET", "/healthz", "").status == 200);
  const std::string log = log_of(server);
  CHECK(count_of(log, "no room for a connection from 127.0.0.1 at mcp") == 1);
  CHECK(server.metrics().render().find("exai_access_refused_total{reason=\"connections\"} 5") !=
        std::string::npos);
}

TEST_CASE("the endpoint event of HTTP+SSE has the address that its client used", "[serve][sse]") {
  TestServer server;
  for (const char* const path : {"/sse", "/sse/"}) {
    Listening sse(server, path, "");
    const std::string event = sse.begun + sse.client.until("\n\n");
    const std::size_t begin = event.find("data: messages?sessionId=");
    REQUIRE(begin != std::string::npos);
    const std::string target = event.substr(begin + 6, event.find('\n', begin) - begin - 6);
    const std::string base = std::string_view(path) == "/sse" ? "/" : "/sse/";
    const HttpReply posted =
        http(server.mcp(), "POST", base + target, k_accept, R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
    CHECK(posted.status == 202);
    CHECK(sse.client.until("\"result\"").find("\"result\"") != std::string::npos);
  }
}
