#include "io/mcp_client.hpp"

#include "tests/catch.hpp"
#include "tests/io/ws_server.hpp"
#include "tests/simulator/server.hpp"

#include <mutex>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

using namespace exai;
using simulator::Connection;
using simulator::RawRequest;

namespace {

Deadline soon() {
  return Deadline::after(Millis{20000});
}

struct Heard {
  std::string text, progress, frames;
  io::McpObserver observer() {
    return {
        [this](std::string_view piece) { text += piece; },
        [this](std::string_view line) { progress += line; },
        [this](char direction, std::string_view frame) { frames += direction + std::string(frame) + "\n"; }};
  }
};

/// A server of MCP over HTTP whose tools/call is scripted.
class HttpServer {
 public:
  explicit HttpServer(std::function<std::string(const Json& request)> call) {
    auto started = simulator::Server::start(
        0, [this, call = std::move(call)](Connection& connection, const RawRequest& request) {
          {
            const std::lock_guard lock(mutex_);
            requests_.push_back(request);
          }
          return answer(connection, request, call);
        });
    REQUIRE(started);
    server_ = std::move(*started);
  }
  [[nodiscard]] io::McpTarget target() const {
    io::McpTarget target;
    target.url = fmt::format("http://127.0.0.1:{}/mcp", server_->port());
    target.token = Secret("a-token-for-the-test");
    return target;
  }
  [[nodiscard]] std::vector<RawRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  static bool write(Connection& connection, std::string_view type, const std::string& body) {
    return connection.write(fmt::format(
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nMcp-Session-Id: s1\r\nContent-Length: {}\r\n\r\n{}", type,
        body.size(), body));
  }
  static bool answer(Connection& connection, const RawRequest& request,
                     const std::function<std::string(const Json&)>& call) {
    if (request.method == "DELETE") return connection.write("HTTP/1.1 204 No\r\n\r\n");
    const Json message = Json::parse(request.body);
    if (!message.contains("id"))
      return connection.write("HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n");
    const auto method = message["method"].get<std::string>();
    Json reply{{"jsonrpc", "2.0"}, {"id", message["id"]}};
    if (method == "tools/call") {
      const std::string events = call(message);
      return events.empty() ? connection.wait_for_hangup() && false
                            : write(connection, "text/event-stream", events);
    }
    if (method == "initialize")
      reply["result"] = {{"protocolVersion", "2025-11-25"},
                         {"serverInfo", {{"name", "scripted"}, {"version", "9"}}}};
    else if (method == "tools/list" && !message["params"].contains("cursor"))
      reply["result"] = {{"tools", Json::array({{{"name", "one"}}})}, {"nextCursor", "more"}};
    else if (method == "tools/list")
      reply["result"] = {{"tools", Json::array({{{"name", "two"}}})}};
    else
      reply["result"] = Json::object();
    return write(connection, "application/json", reply.dump());
  }

  mutable std::mutex mutex_;
  std::vector<RawRequest> requests_;
  std::unique_ptr<simulator::Server> server_;
};

std::string event(const Json& message) {
  return "event: message\ndata: " + message.dump() + "\n\n";
}

std::string progress(const Json& call, const std::string& text, bool partial) {
  Json params{
      {"progressToken", call["params"]["_meta"]["progressToken"]}, {"progress", 1}, {"message", text}};
  if (partial) params["_meta"] = {{"exai/partial", true}};
  return event({{"jsonrpc", "2.0"}, {"method", "notifications/progress"}, {"params", params}});
}

std::string result(const Json& call, const Json& content) {
  return event({{"jsonrpc", "2.0"}, {"id", call["id"]}, {"result", content}});
}

}  // namespace

TEST_CASE("over HTTP a session is opened, used and closed", "[io][mcp]") {
  const HttpServer server([](const Json& call) {
    return progress(call, "thinking", false) + progress(call, "par", true) + progress(call, "tial", true) +
           result(call, {{"content", Json::array()}, {"isError", false}});
  });
  Heard heard;
  {
    const auto client = io::McpClient::connect(server.target(), heard.observer(), soon());
    REQUIRE(client);
    CHECK((*client)->server().name == "scripted");
    CHECK((*client)->server().protocol == "2025-11-25");
    const auto tools = (*client)->list_tools(soon());
    REQUIRE(tools);
    CHECK(tools->size() == 2);
    const auto answer = (*client)->call_tool("one", {{"a", 1}}, soon(), {});
    REQUIRE(answer);
    CHECK((*answer)["isError"] == false);
    CHECK((*client)->ping(soon()));
  }
  CHECK(heard.text == "partial");
  CHECK(heard.progress == "thinking");
  CHECK(heard.frames.find("a-token-for-the-test") == std::string::npos);
  const auto requests = server.requests();
  REQUIRE(requests.size() == 7);
  CHECK(requests[0].head.find("Mcp-Session-Id") == std::string::npos);
  CHECK(requests[0].authorization == "Bearer a-token-for-the-test");
  CHECK(Json::parse(requests[1].body)["method"] == "notifications/initialized");
  for (std::size_t i = 1; i < requests.size(); ++i) {
    CHECK(requests[i].head.find("Mcp-Session-Id: s1") != std::string::npos);
    CHECK(requests[i].head.find("MCP-Protocol-Version: 2025-11-25") != std::string::npos);
  }
  CHECK(requests.back().method == "DELETE");
}

TEST_CASE("errors keep the kind that the server says, or that their code stands for", "[io][mcp]") {
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
  const HttpServer server([&](const Json& call) {
    return event({{"jsonrpc", "2.0"}, {"id", call["id"]}, {"error", problem}});
  });
  const auto client = io::McpClient::connect(server.target(), {}, soon());
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

TEST_CASE("a stopped call tells the server", "[io][mcp]") {
  std::stop_source stop;
  const HttpServer server([&](const Json&) {
    stop.request_stop();
    return std::string();
  });
  const auto client = io::McpClient::connect(server.target(), {}, soon());
  REQUIRE(client);
  const auto answer = (*client)->call_tool("one", {}, soon(), stop.get_token());
  REQUIRE(!answer);
  CHECK(answer.error().kind == ErrorKind::cancelled);
  const Json last = Json::parse(server.requests().back().body);
  CHECK(last["method"] == "notifications/cancelled");
  CHECK(last["params"]["requestId"] == 2);
}

TEST_CASE("an HTTP server that is none of MCP is refused clearly", "[io][mcp]") {
  const auto web = simulator::Server::start(0, [](Connection& connection, const RawRequest&) {
    return connection.write(
        "HTTP/1.1 404 Not Found\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\nnone");
  });
  REQUIRE(web);
  io::McpTarget target;
  target.url = fmt::format("http://127.0.0.1:{}/", (*web)->port());
  const auto client = io::McpClient::connect(target, {}, soon());
  REQUIRE(!client);
  CHECK(client.error().kind == ErrorKind::not_found);
  CHECK(client.error().hint.find("/mcp") != std::string::npos);
}

TEST_CASE("the daemon is spoken to in its own frames", "[io][mcp]") {
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
    peer.write(R"({"op":"progress","message":"hel","_meta":{"exai/partial":true},"request_id":")" + id +
               "\"}");
    peer.write(
        R"({"op":"call_tool_res","ok":true,"outputs":[{"type":"text","text":"hello"}],"request_id":")" + id +
        "\"}");
    const std::string second = Json::parse(peer.read())["request_id"].get<std::string>();
    peer.write(
        R"({"op":"call_tool_res","error":{"code":"OVER_CAPACITY","message":"full","details":{"retry_after":2}},"request_id":")" +
        second + "\"}");
    (void)peer.read();
  });
  io::McpTarget target;
  target.url = server.url();
  target.daemon_token = Secret("the-daemon-token-1");
  Heard heard;
  const auto client = io::McpClient::connect(target, heard.observer(), soon());
  REQUIRE(client);
  CHECK((*client)->list_tools(soon())->size() == 1);
  const auto answer = (*client)->call_tool("chat", {{"prompt", "x"}}, soon(), {});
  REQUIRE(answer);
  CHECK((*answer)["content"][0]["text"] == "hello");
  CHECK((*answer)["isError"] == false);
  CHECK(heard.text == "hel");
  CHECK(heard.progress == "working");
  CHECK(heard.frames.find("the-daemon-token-1") == std::string::npos);
  const auto busy = (*client)->call_tool("chat", {{"prompt", "x"}}, soon(), {});
  REQUIRE(!busy);
  CHECK(busy.error().kind == ErrorKind::busy);
  CHECK(busy.error().retry_after == Millis{2000});
  CHECK(hello["token"] == "the-daemon-token-1");
  CHECK(call["arguments"]["prompt"] == "x");
}

TEST_CASE("a refused hello names the token's variable", "[io][mcp]") {
  const test::WsServer server([](test::WsPeer& peer) {
    (void)peer.read();
    peer.write(R"({"op":"hello_ack","ok":false,"error":"unauthorized"})");
    peer.close(4003, "unauthorized");
  });
  io::McpTarget target;
  target.url = server.url();
  const auto client = io::McpClient::connect(target, {}, soon());
  REQUIRE(!client);
  CHECK(client.error().kind == ErrorKind::refused);
  CHECK(client.error().hint.find("EXAI_WS_TOKEN") != std::string::npos);
}

TEST_CASE("a server over stdio is started, asked and ended", "[io][mcp]") {
  io::McpTarget target;
  target.command = {"sh", "-c", R"sh(
read first
echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-11-25","serverInfo":{"name":"sh"}}}'
read initialized
read call
echo '{"jsonrpc":"2.0","id":"p","method":"ping"}'
read pong
echo '{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"message":"'"$(echo "$pong" | tr -d '"{}')"'"}}'
echo '{"jsonrpc":"2.0","id":2,"result":{"content":[]}}'
read ping
echo '{"jsonrpc":"2.0","id":3,"result":{}}'
)sh"};
  Heard heard;
  const auto client = io::McpClient::connect(target, heard.observer(), soon());
  REQUIRE(client);
  CHECK((*client)->server().name == "sh");
  CHECK((*client)->call_tool("x", {}, soon(), {}));
  CHECK(heard.progress.find("result") != std::string::npos);
  CHECK((*client)->ping(soon()));
  CHECK((*client)->ping(soon()).error().kind == ErrorKind::unreachable);
}
