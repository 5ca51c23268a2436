// What servers do on the wire that the protocol allows, and some that it does not: pieces, redirects,
// batches, a stream of their own, banners.
#include "mcp/client/answer.hpp"
#include "tests/catch.hpp"
#include "tests/mcp/mcp_peer.hpp"

#include <condition_variable>

#include <fmt/core.h>

using namespace exai;
using namespace exai::test;
using simulator::Connection;
using simulator::RawRequest;

namespace {

/// The messages of an answer whose body came in pieces.
std::vector<std::string> messages_of(std::string_view type, const std::vector<std::string_view>& pieces) {
  std::vector<std::string> messages;
  const mcp::client::Take take = [&](std::string_view text) -> Result<bool> {
    messages.emplace_back(text);
    return false;
  };
  mcp::client::Answer answer(take, std::size_t{1} << 20U);
  answer.begin(type);
  for (const std::string_view piece : pieces)
    if (!piece.empty() && !answer.receive(piece)) break;
  CHECK_FALSE(answer.broken());
  if (!answer.raw().empty()) messages.push_back("raw:" + answer.raw());
  return messages;
}

McpPeer::Script answering(std::function<bool(Connection&, const Json&)> call) {
  return [call = std::move(call)](Connection& connection, const RawRequest& request, const Json& message) {
    if (const auto done = legacy_basics(connection, request, message)) return *done;
    return call(connection, message);
  };
}

bool redirect(Connection& connection, int status, const std::string& location) {
  return write_answer(connection, status, "text/plain", "", fmt::format("Location: {}\r\n", location));
}

const Json k_hello{{"content", {{{"type", "text"}, {"text", "hello"}}}}};

}  // namespace

TEST_CASE("an answer is the same wherever its bytes are cut", "[mcp][client]") {
  const std::string object = R"({"jsonrpc":"2.0","id":1,"result":{"a":"\n{[<data: x"}})";
  const std::string events =
      ": hi\r\nevent: ping\ndata: {\"no\":1}\n\nid: 7\nevent: message\ndata: {\"rows\":[\ndata: "
      "{\"a\":1},\ndata: [2]\ndata: ]}\n\ndata: " +
      object + "\r\n\r\n";
  const std::pair<const char*, std::string> bodies[] = {{"application/json", object},
                                                        {"application/json; charset=utf-8", " \n" + object},
                                                        {"application/vnd.x+json", "[" + object + "]"},
                                                        {"", object},
                                                        {"text/plain", "\xEF\xBB\xBF" + object},
                                                        {"text/html", "<html>data: x\n\n</html>"},
                                                        {"text/event-stream", events},
                                                        {"Text/Event-Stream; charset=utf-8", events},
                                                        {"", events}};
  for (const auto& [type, body] : bodies) {
    const std::string_view whole = body;
    const auto expected = messages_of(type, {whole});
    INFO(type << " " << body);
    REQUIRE(expected.size() == (body == events ? 2 : 1));
    for (std::size_t cut = 0; cut <= body.size(); ++cut) {
      INFO("cut at " << cut);
      CHECK(messages_of(type, {whole.substr(0, cut), whole.substr(cut)}) == expected);
    }
    std::vector<std::string_view> bytes;
    for (std::size_t at = 0; at < body.size(); ++at) bytes.push_back(whole.substr(at, 1));
    CHECK(messages_of(type, bytes) == expected);
  }
}

TEST_CASE("a result of thousands of rows arrives, as JSON and as events", "[mcp][client]") {
  Json rows = Json::array();
  for (int row = 0; row < 5000; ++row) rows.push_back({{"row", row}, {"text", "{\"a\": [1, 2]}\n{"}});
  const Json result{{"structuredContent", {{"rows", rows}}}};
  for (const bool as_events : {false, true}) {
    const McpPeer peer(answering([&](Connection& connection, const Json& call) {
      if (!as_events) return write_json(connection, result_for(call, result));
      std::string text = result_for(call, result).dump(1);  // many lines, most of which begin like JSON
      for (std::size_t at = 0; (at = text.find('\n', at)) != std::string::npos; at += 7)
        text.replace(at, 1, "\ndata: ");
      return write_events(connection, "data: " + text + "\n\n");
    }));
    const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
    REQUIRE(client);
    const auto answer = (*client)->call_tool("rows", {}, soon(), {});
    REQUIRE(answer);
    CHECK((*answer)["structuredContent"]["rows"] == rows);
  }
}

TEST_CASE("a redirect within the origin is followed with body and key", "[mcp][client]") {
  for (const int status : {301, 302, 307, 308})
    for (const char* location : {"/mcp/", "mcp/", "{}/mcp/", "/mcp/#part", "//{host}/mcp/"}) {
      std::string origin;
      const McpPeer peer([&](Connection& connection, const RawRequest& request, const Json& message) {
        if (request.path == "/mcp") {
          std::string to = location;
          if (const auto at = to.find("{}"); at != std::string::npos) to.replace(at, 2, origin);
          if (const auto at = to.find("{host}"); at != std::string::npos) to.replace(at, 6, origin.substr(7));
          return redirect(connection, status, to);
        }
        if (const auto done = legacy_basics(connection, request, message)) return *done;
        return write_json(connection, result_for(message, k_hello));
      });
      origin = peer.url("");
      mcp::client::McpTarget target = peer.target();
      target.token = Secret("a-token-for-the-test");
      INFO(status << " " << location);
      const auto client = mcp::client::McpClient::connect(target, {}, soon());
      REQUIRE(client);
      const auto answer = (*client)->call_tool("x", {}, soon(), {});
      REQUIRE(answer);
      CHECK(*answer == k_hello);
      for (const RawRequest& request : peer.requests())
        if (request.path == "/mcp/") CHECK(request.authorization == "Bearer a-token-for-the-test");
    }
}

TEST_CASE("another origin gets nothing, and a redirect loop ends", "[mcp][client]") {
  const McpPeer other([](Connection& connection, const RawRequest&, const Json& message) {
    return write_json(connection, result_for(message, k_hello));
  });
  for (const int status : {301, 302, 307, 308}) {
    const McpPeer peer([&](Connection& connection, const RawRequest&, const Json&) {
      return redirect(connection, status, other.url());
    });
    mcp::client::McpTarget target = peer.target();
    target.token = Secret("a-token-for-the-test");
    const auto client = mcp::client::McpClient::connect(target, {}, soon());
    REQUIRE_FALSE(client);
    CHECK(client.error().kind == ErrorKind::refused);
    CHECK(client.error().hint.find(other.url()) != std::string::npos);
  }
  CHECK(other.requests().empty());
  for (const char* location :
       {"https://127.0.0.1/mcp", "http://user:pw@127.0.0.1/mcp", "ftp://x/", "http://"}) {
    const McpPeer peer([&](Connection& connection, const RawRequest&, const Json&) {
      return redirect(connection, 307, location);
    });
    INFO(location);
    const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
    REQUIRE_FALSE(client);
    CHECK(client.error().message.find("pw") == std::string::npos);
  }
  const McpPeer circle([](Connection& connection, const RawRequest& request, const Json&) {
    return redirect(connection, 307, request.path == "/mcp" ? "/a" : "/mcp");
  });
  const auto client = mcp::client::McpClient::connect(circle.target(), {}, soon());
  REQUIRE_FALSE(client);
  CHECK(client.error().message.find("for ever") != std::string::npos);
}

TEST_CASE("several messages may come as one batch", "[mcp][client]") {
  for (const bool as_events : {false, true}) {
    Observed observed;
    const McpPeer peer(answering([&](Connection& connection, const Json& call) {
      const Json batch{
          {{"jsonrpc", "2.0"}, {"method", "notifications/progress"}, {"params", {{"message", "one"}}}},
          result_for(call, k_hello),
          {{"jsonrpc", "2.0"}, {"method", "notifications/progress"}, {"params", {{"message", "two"}}}}};
      return as_events ? write_events(connection, event(batch)) : write_json(connection, batch);
    }));
    const auto client = mcp::client::McpClient::connect(peer.target(), observed.observer(), soon());
    REQUIRE(client);
    const auto answer = (*client)->call_tool("x", {}, soon(), {});
    REQUIRE(answer);
    CHECK(*answer == k_hello);
    CHECK(observed.progress == "onetwo");
  }
}

TEST_CASE("an id that comes back as text is the same id", "[mcp][client]") {
  const McpPeer peer(answering([&](Connection& connection, const Json& call) {
    Json answer = result_for(call, k_hello);
    answer["id"] = call["id"].dump();
    return write_json(connection, answer);
  }));
  const auto client = mcp::client::McpClient::connect(peer.target(), {}, soon());
  REQUIRE(client);
  CHECK((*client)->call_tool("x", {}, soon(), {}));
}

TEST_CASE("a server request on the listening stream is answered while a call waits", "[mcp][client]") {
  std::mutex mutex;
  std::condition_variable changed;
  bool called = false, answered = false;
  Json reply;
  const auto until = [&](const bool& what) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(15), [&] { return what; });
  };
  const auto now = [&](bool& what) {
    const std::lock_guard lock(mutex);
    what = true;
    changed.notify_all();
  };
  const McpPeer peer([&](Connection& connection, const RawRequest& request, const Json& message) {
    if (request.method == "GET") {
      connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
      if (!until(called)) return false;
      const Json question{{"jsonrpc", "2.0"}, {"id", "q"}, {"method", "roots/list"}};
      connection.write(event(question));
      connection.wait_for_hangup();
      return false;
    }
    if (message.is_object() && message.value("id", Json()) == "q") {
      reply = message;
      now(answered);
      return write_accepted(connection);
    }
    if (const auto done = legacy_basics(connection, request, message)) return *done;
    now(called);
    if (!until(answered)) return false;
    return write_json(connection, result_for(message, k_hello));
  });
  Observed observed;
  mcp::client::McpObserver observer = observed.observer();
  observer.input.roots = true;
  observer.input.answer = [](const mcp::client::McpQuestion&) -> Result<Json> {
    return Json{{"roots", Json::array()}};
  };
  const auto client = mcp::client::McpClient::connect(peer.target(), observer, soon());
  REQUIRE(client);
  const auto answer = (*client)->call_tool("x", {}, soon(), {});
  REQUIRE(answer);
  CHECK(*answer == k_hello);
  CHECK(reply["result"]["roots"] == Json::array());
}

TEST_CASE("what a server prints on stdout besides MCP is skipped and reported", "[mcp][client]") {
  mcp::client::McpTarget target;
  target.era = mcp::client::McpEra::legacy;
  target.command = {"sh", "-c", R"sh(
echo 'Starting server v1.2 ...'
echo '[INFO] listening {"port": 1}'
printf '\033[32mready\033[0m\n\n'
echo 'one more'
read first
echo '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2024-11-05","serverInfo":{"name":"sh"}}}'
read initialized
echo '{"level":"info","msg":"a log line"}'
read call
echo 'npm notice'
echo '[{"jsonrpc":"2.0","id":2,"result":{"content":[]}}]'
read broken
echo '{"jsonrpc":"2.0","id":3,"resul'
)sh"};
  std::vector<std::string> notes;
  mcp::client::McpObserver observer;
  observer.on_note = [&](std::string_view note) { notes.emplace_back(note); };
  const auto client = mcp::client::McpClient::connect(target, observer, soon());
  REQUIRE(client);
  CHECK((*client)->call_tool("x", {}, soon(), {}));
  REQUIRE(notes.size() == 3);
  CHECK(notes[0].find("Starting server v1.2") != std::string::npos);
  for (const std::string& note : notes) CHECK(note.find('\033') == std::string::npos);
  // A message that was cut is an error, not a banner.
  CHECK((*client)->ping(soon()).error().kind == ErrorKind::invalid);
}
