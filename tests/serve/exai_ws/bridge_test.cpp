#include "serve/exai_ws/bridge.hpp"

#include "tests/catch.hpp"

#include <algorithm>

using namespace exai;
using namespace exai::engine;
using namespace exai::serve::exai_ws;

namespace {

/// Timers that fire when the test says so.
class HandLoop final : public Loop {
 public:
  class HandTimer final : public Timer {
   public:
    HandTimer(HandLoop& loop, Millis delay, std::function<void()> job) : loop_(loop) {
      loop_.timers[this] = {delay, std::move(job)};
    }
    ~HandTimer() override { loop_.timers.erase(this); }
    HandTimer(const HandTimer&) = delete;
    HandTimer& operator=(const HandTimer&) = delete;

   private:
    HandLoop& loop_;
  };
  void post(std::function<void()> job) override { job(); }
  std::unique_ptr<Timer> after(Millis delay, std::function<void()> job) override {
    return std::make_unique<HandTimer>(*this, delay, std::move(job));
  }
  /// Fires the timers of that length; how many there were.
  int fire(Millis delay) {
    int fired = 0;
    for (const auto& [timer, due] : std::map(timers))
      if (due.first == delay && timers.contains(timer)) ++fired, due.second();
    return fired;
  }
  [[nodiscard]] bool has(Millis delay) const {
    return std::any_of(timers.begin(), timers.end(),
                       [&](const auto& row) { return row.second.first == delay; });
  }
  std::map<const HandTimer*, std::pair<Millis, std::function<void()>>> timers;
};

struct Desk {
  HandLoop loop;
  std::vector<Json> client, server;
  int dials = 0;
  Bridge bridge{{loop,
                 {"exai", "1", ""},
                 Secret("a-token-of-some-length"),
                 "ws://x",
                 "shim-test",
                 Millis{600000},
                 Millis{30000},
                 Millis{10000},
                 Millis{9000},
                 [] { return 0.5; },
                 [this](std::string line) { client.push_back(parse_json(line).value()); },
                 [this] { ++dials; },
                 [this](std::string frame) { server.push_back(parse_json(frame).value()); }}};
  /// The connection comes about and the server takes the hello.
  void up(bool resumed = false) {
    bridge.connected();
    bridge.from_server(dump_json({{"op", "hello_ack"},
                                  {"ok", true},
                                  {"session_id", "unguessable"},
                                  {"resumed", resumed},
                                  {"resume_grace", 60}}));
  }
  void drop() { bridge.lost(make_error(ErrorKind::unreachable, "closed the connection")); }
  void ack(const std::string& key, double seconds = 60) {
    bridge.from_server(
        dump_json({{"op", "call_tool_ack"}, {"request_id", key}, {"accepted", true}, {"timeout", seconds}}));
  }
  std::string key(std::size_t frame) { return server.at(frame)["request_id"].get<std::string>(); }
  void call(const std::string& id, const std::string& meta = "{}") {
    bridge.from_client(
        R"({"jsonrpc":"2.0","id":)" + id +
        R"(,"method":"tools/call","params":{"name":"chat","arguments":{"prompt":"hi"},"_meta":)" + meta +
        "}}");
  }
  void result(const std::string& key, const std::string& text) {
    bridge.from_server(R"({"op":"call_tool_res","request_id":")" + key +
                       R"(","ok":true,"outputs":[{"type":"text","text":")" + text + R"("}]})");
  }
};

}  // namespace

TEST_CASE("the bridge answers initialize and ping itself and connects on first use", "[serve][bridge]") {
  Desk desk;
  desk.bridge.from_client(
      R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25"}})");
  desk.bridge.from_client(R"({"jsonrpc":"2.0","method":"notifications/initialized"})");
  desk.bridge.from_client(R"({"jsonrpc":"2.0","id":1,"method":"ping"})");
  REQUIRE(desk.client.size() == 2);
  CHECK(desk.client[0]["result"]["protocolVersion"] == "2025-11-25");
  CHECK(desk.dials == 0);
  desk.bridge.from_client(R"({"jsonrpc":"2.0","id":2,"method":"tools/list"})");
  CHECK(desk.dials == 1);
  desk.up();
  REQUIRE(desk.server.size() == 2);
  CHECK(desk.server[0]["op"] == "hello");
  CHECK(desk.server[0]["resume"] == true);
  CHECK(desk.server[0]["client"] == "shim-test");
  CHECK(desk.server[0]["token"] == "a-token-of-some-length");
  CHECK(desk.server[1]["op"] == "list_tools");
  desk.bridge.from_server(R"({"op":"list_tools_res","tools":[{"name":"chat"}]})");
  CHECK(desk.client[2]["id"] == 2);
  CHECK(desk.client[2]["result"]["tools"][0]["name"] == "chat");
}

TEST_CASE("calls are distinguished by request id and progress reaches its caller", "[serve][bridge]") {
  Desk desk;
  desk.call("1", R"({"progressToken":"p"})");
  desk.call("\"two\"");
  desk.up();
  const auto first = desk.server[1]["request_id"].get<std::string>(),
             second = desk.server[2]["request_id"].get<std::string>();
  CHECK(first != second);
  desk.bridge.from_server(R"({"op":"call_tool_ack","request_id":")" + first +
                          R"(","accepted":true,"timeout":60,"name":"chat"})");
  desk.bridge.from_server(R"({"op":"progress","request_id":")" + second +
                          R"(","name":"chat","t":1,"text":"x"})");
  CHECK(desk.client.empty());
  desk.bridge.from_server(R"({"op":"progress","request_id":")" + first +
                          R"(","name":"chat","t":1,"text":"Hel"})");
  desk.bridge.from_server(R"({"op":"progress","request_id":")" + first + R"(","name":"chat","t":1})");
  desk.result(second, "B");
  desk.result(first, "A");
  desk.result(first, "again");
  REQUIRE(desk.client.size() == 4);
  CHECK(desk.client[0]["params"]["progressToken"] == "p");
  CHECK(desk.client[0]["params"]["message"] == "Hel");
  CHECK(desk.client[1]["params"]["message"] == "chat is running");
  CHECK(desk.client[1]["params"]["progress"] == 2);
  CHECK(desk.client[2]["id"] == "two");
  CHECK(desk.client[2]["result"]["content"][0]["text"] == "B");
  CHECK(desk.client[3]["id"] == 1);
  CHECK(desk.bridge.idle());
}

TEST_CASE("the shim reconnects with growing delays and jitter", "[serve][bridge]") {
  CHECK(reconnect_delay(0, 0.5) == Millis{250});
  CHECK(reconnect_delay(1, 0.5) == Millis{500});
  CHECK(reconnect_delay(6, 0.5) == Millis{16000});
  CHECK(reconnect_delay(7, 0.5) == Millis{30000});
  CHECK(reconnect_delay(1000, 0.5) == Millis{30000});
  CHECK(reconnect_delay(0, 0.0) == Millis{225});
  CHECK(reconnect_delay(2, 0.999999) >= Millis{1099});
  CHECK(reconnect_delay(2, 0.999999) <= Millis{1100});
}

TEST_CASE("the bridge reconnects to an unreachable server until the request times out", "[serve][bridge]") {
  Desk desk;
  desk.call("1");
  for (const int delay : {250, 500, 1000}) {
    desk.drop();
    REQUIRE(desk.loop.fire(Millis{delay}) == 1);
  }
  CHECK(desk.dials == 4);
  CHECK(desk.client.empty());
  CHECK(desk.loop.fire(Millis{10000}) == 1);
  REQUIRE(desk.client.size() == 1);
  CHECK(desk.client[0]["error"]["data"]["kind"] == "unreachable");
  CHECK(desk.client[0]["error"]["message"].get<std::string>().find("exai serve") != std::string::npos);
  // Nobody waits any more, so nobody dials.
  desk.drop();
  CHECK_FALSE(desk.loop.has(Millis{2000}));
  desk.call("2");
  CHECK(desk.dials == 5);
  desk.up();
  desk.drop();
  CHECK(desk.loop.has(Millis{250}));  // a server that answered begins the count anew
}

TEST_CASE("after a resumed session pending requests are sent again under their own ids", "[serve][bridge]") {
  Desk desk;
  desk.call("1");
  desk.call("2");
  desk.up();
  const std::string first = desk.key(1), second = desk.key(2);
  desk.ack(first);
  desk.drop();
  desk.call("3");
  CHECK(desk.loop.fire(Millis{250}) == 1);
  desk.server.clear();
  desk.up(true);
  REQUIRE(desk.server.size() == 4);
  CHECK(desk.server[0]["session_id"] == "unguessable");
  CHECK(desk.key(1) == first);
  CHECK(desk.key(2) == second);
  CHECK(desk.server[3]["op"] == "call_tool");
  CHECK(desk.client.empty());
  desk.result(first, "A");
  desk.result(first, "A");  // delivered on its own and asked for: one answer
  CHECK(desk.client.size() == 1);
  CHECK_FALSE(desk.loop.has(Millis{10000}));
}

TEST_CASE("calls that had begun in a lost session are not run again", "[serve][bridge]") {
  Desk desk;
  desk.call("1");
  desk.call("2");
  desk.up();
  const std::string second = desk.key(2);
  desk.ack(desk.key(1));
  desk.drop();
  CHECK(desk.loop.has(Millis{60000}));  // as long as the server keeps it
  CHECK(desk.loop.fire(Millis{250}) == 1);
  desk.server.clear();
  desk.up(false);
  REQUIRE(desk.client.size() == 1);
  CHECK(desk.client[0]["id"] == 1);
  CHECK(desk.client[0]["error"]["data"]["kind"] == "unreachable");
  CHECK(desk.client[0]["error"]["message"].get<std::string>().find("not run again") != std::string::npos);
  REQUIRE(desk.server.size() == 2);  // the hello, and the call that had not begun
  CHECK(desk.key(1) == second);
}

TEST_CASE("an ack sets the timeout of its call", "[serve][bridge]") {
  Desk desk;
  desk.call("1");
  desk.up();
  CHECK(desk.loop.has(Millis{600000}));
  desk.ack(desk.key(1), 60);
  CHECK_FALSE(desk.loop.has(Millis{600000}));
  CHECK(desk.loop.fire(Millis{90000}) == 1);
  CHECK(desk.client[0]["error"]["data"]["kind"] == "timeout");
  CHECK(desk.server.back()["op"] == "cancel");
  CHECK(desk.bridge.idle());
}

TEST_CASE("a refused hello ends the bridge, a silent server is reconnected to", "[serve][bridge]") {
  Desk refused;
  refused.call("1");
  refused.bridge.connected();
  refused.bridge.from_server(R"({"op":"hello_ack","ok":false,"error":"unauthorized"})");
  CHECK(refused.client[0]["error"]["data"]["kind"] == "refused");
  CHECK(refused.client[0]["error"]["message"].get<std::string>().find("EXAI_WS_TOKEN") != std::string::npos);
  refused.drop();
  CHECK_FALSE(refused.loop.has(Millis{250}));
  Desk silent;
  silent.call("1");
  silent.bridge.connected();
  CHECK(silent.loop.fire(Millis{9000}) == 1);
  CHECK(silent.loop.fire(Millis{250}) == 1);
  CHECK(silent.dials == 2);
  Desk full;
  full.call("1");
  full.bridge.connected();
  full.bridge.from_server(R"({"op":"error","error":{"code":"OVER_CAPACITY","message":"too many sessions"}})");
  full.drop();  // the server closes too: that is the same loss
  CHECK(full.loop.fire(Millis{250}) == 1);
  CHECK(full.client.empty());
  CHECK(full.loop.fire(Millis{10000}) == 1);
  CHECK(full.client[0]["error"]["message"].get<std::string>().find("too many sessions") != std::string::npos);
}

TEST_CASE("an error frame with an id answers its request", "[serve][bridge]") {
  Desk desk;
  desk.call("1");
  desk.up();
  desk.bridge.from_server(dump_json(
      {{"op", "error"},
       {"request_id", desk.key(1)},
       {"error", {{"code", "OVER_CAPACITY"}, {"message", "slow"}, {"details", {{"retry_after", 0.2}}}}}}));
  REQUIRE(desk.client.size() == 1);
  CHECK(desk.client[0]["error"]["data"]["retry_after"] == 0.2);
}

TEST_CASE("a goodbye is sent only on an open connection", "[serve][bridge]") {
  Desk desk;
  CHECK_FALSE(desk.bridge.leave());
  desk.call("1");
  desk.up();
  CHECK(desk.bridge.leave());
  CHECK(desk.server.back()["op"] == "bye");
}

TEST_CASE("the server's errors keep their kind", "[serve][bridge]") {
  Desk desk;
  desk.up();
  const auto failure = [&](const std::string& code) {
    desk.call("1");
    if (desk.dials == 1 && desk.server.empty()) desk.up();
    const auto key = desk.server.back()["request_id"].get<std::string>();
    desk.bridge.from_server(R"({"op":"call_tool_res","request_id":")" + key +
                            R"(","ok":false,"error":{"code":")" + code +
                            R"(","message":"m","details":{"retry_after":2}}})");
    return desk.client.back();
  };
  CHECK(failure("TOOL_NOT_FOUND")["error"]["code"] == -32602);
  CHECK(failure("OVER_CAPACITY")["error"]["data"]["retry_after"] == 2);
  const Json timeout = failure("TIMEOUT");
  CHECK(timeout["result"]["isError"] == true);
  CHECK(timeout["result"]["structuredContent"]["error"]["code"] == "TIMEOUT");
}

TEST_CASE("a cancelled call is cancelled at the server and not answered", "[serve][bridge]") {
  Desk desk;
  desk.call("5");
  desk.up();
  const auto key = desk.server[1]["request_id"].get<std::string>();
  desk.bridge.from_client(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})");
  CHECK(desk.server.back()["op"] == "cancel");
  CHECK(desk.server.back()["request_id"] == key);
  desk.result(key, "late");
  CHECK(desk.client.empty());
  CHECK(desk.bridge.idle());
}
