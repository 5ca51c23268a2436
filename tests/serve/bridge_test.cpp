#include "serve/daemon/bridge.hpp"

#include "tests/catch.hpp"

using namespace exai;
using namespace exai::serve;

namespace {

/// Timers that fire when the test says so.
class HandLoop final : public Loop {
 public:
  class HandTimer final : public Timer {
   public:
    HandTimer(HandLoop& loop, std::function<void()> job) : loop_(loop) {
      loop_.timers[this] = std::move(job);
    }
    ~HandTimer() override { loop_.timers.erase(this); }
    HandTimer(const HandTimer&) = delete;
    HandTimer& operator=(const HandTimer&) = delete;

   private:
    HandLoop& loop_;
  };
  void post(std::function<void()> job) override { job(); }
  std::unique_ptr<Timer> after(Millis, std::function<void()> job) override {
    return std::make_unique<HandTimer>(*this, std::move(job));
  }
  void fire_all() {
    const auto due = timers;
    for (const auto& [timer, job] : due)
      if (timers.contains(timer)) job();
  }
  std::map<const HandTimer*, std::function<void()>> timers;
};

struct Desk {
  HandLoop loop;
  std::vector<Json> client, daemon;
  int dials = 0;
  Bridge bridge{{loop,
                 {"exai", "1", ""},
                 Secret("a-token-of-some-length"),
                 "ws://x",
                 Millis{1000},
                 Millis{10000},
                 [this](std::string line) { client.push_back(parse_json(line).value()); },
                 [this] { ++dials; },
                 [this](std::string frame) { daemon.push_back(parse_json(frame).value()); }}};
  void up() {
    bridge.connected();
    bridge.from_daemon(R"({"op":"hello_ack","ok":true,"session_id":"s"})");
  }
  void call(const std::string& id, const std::string& meta = "{}") {
    bridge.from_client(
        R"({"jsonrpc":"2.0","id":)" + id +
        R"(,"method":"tools/call","params":{"name":"chat","arguments":{"prompt":"hi"},"_meta":)" + meta +
        "}}");
  }
  void result(const std::string& key, const std::string& text) {
    bridge.from_daemon(R"({"op":"call_tool_res","request_id":")" + key +
                       R"(","ok":true,"outputs":[{"type":"text","text":")" + text + R"("}]})");
  }
};

}  // namespace

TEST_CASE("the bridge answers initialize and ping itself and dials on the first need", "[serve][bridge]") {
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
  REQUIRE(desk.daemon.size() == 2);
  CHECK(desk.daemon[0]["op"] == "hello");
  CHECK(desk.daemon[0]["token"] == "a-token-of-some-length");
  CHECK(desk.daemon[1]["op"] == "list_tools");
  desk.bridge.from_daemon(R"({"op":"list_tools_res","tools":[{"name":"chat"}]})");
  CHECK(desk.client[2]["id"] == 2);
  CHECK(desk.client[2]["result"]["tools"][0]["name"] == "chat");
}

TEST_CASE("calls are told apart by request id and progress finds its caller", "[serve][bridge]") {
  Desk desk;
  desk.call("1", R"({"progressToken":"p"})");
  desk.call("\"two\"");
  desk.up();
  const auto first = desk.daemon[1]["request_id"].get<std::string>(),
             second = desk.daemon[2]["request_id"].get<std::string>();
  CHECK(first != second);
  desk.bridge.from_daemon(R"({"op":"call_tool_ack","request_id":")" + first +
                          R"(","accepted":true,"timeout":60,"name":"chat"})");
  desk.bridge.from_daemon(R"({"op":"progress","request_id":")" + first + R"(","name":"chat","t":1})");
  desk.bridge.from_daemon(R"({"op":"progress","request_id":")" + second +
                          R"(","name":"chat","t":1,"text":"x"})");
  CHECK(desk.client.empty());
  desk.bridge.from_daemon(R"({"op":"progress","request_id":")" + first +
                          R"(","name":"chat","t":1,"text":"Hel"})");
  desk.result(second, "B");
  desk.result(first, "A");
  desk.result(first, "again");
  REQUIRE(desk.client.size() == 3);
  CHECK(desk.client[0]["params"]["progressToken"] == "p");
  CHECK(desk.client[0]["params"]["message"] == "Hel");
  CHECK(desk.client[1]["id"] == "two");
  CHECK(desk.client[1]["result"]["content"][0]["text"] == "B");
  CHECK(desk.client[2]["id"] == 1);
  CHECK(desk.bridge.idle());
}

TEST_CASE("a lost daemon answers what waits, with the way out, and nothing is sent twice",
          "[serve][bridge]") {
  Desk desk;
  desk.call("1");
  desk.up();
  const std::size_t sent = desk.daemon.size();
  desk.bridge.lost(make_error(ErrorKind::unreachable, "closed the connection"));
  REQUIRE(desk.client.size() == 1);
  CHECK(desk.client[0]["error"]["data"]["kind"] == "unreachable");
  CHECK(desk.client[0]["error"]["message"].get<std::string>().find("exai serve") != std::string::npos);
  desk.call("2");
  CHECK(desk.dials == 2);
  desk.up();
  CHECK(desk.daemon.size() == sent + 2);  // hello and the second call
}

TEST_CASE("a refused hello, a silent daemon and an overdue call are errors with a kind", "[serve][bridge]") {
  Desk refused;
  refused.call("1");
  refused.bridge.connected();
  refused.bridge.from_daemon(R"({"op":"hello_ack","ok":false,"error":"unauthorized"})");
  CHECK(refused.client[0]["error"]["data"]["kind"] == "refused");
  CHECK(refused.client[0]["error"]["message"].get<std::string>().find("EXAI_WS_TOKEN") != std::string::npos);
  Desk overdue;
  overdue.call("1");
  overdue.up();
  overdue.loop.fire_all();
  CHECK(overdue.client[0]["error"]["data"]["kind"] == "timeout");
  CHECK(overdue.daemon.back()["op"] == "cancel");
}

TEST_CASE("the daemon's errors keep their meaning", "[serve][bridge]") {
  Desk desk;
  desk.up();
  const auto failure = [&](const std::string& code) {
    desk.call("1");
    if (desk.dials == 1 && desk.daemon.empty()) desk.up();
    const auto key = desk.daemon.back()["request_id"].get<std::string>();
    desk.bridge.from_daemon(R"({"op":"call_tool_res","request_id":")" + key +
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

TEST_CASE("a cancelled call is cancelled there and answered by nobody", "[serve][bridge]") {
  Desk desk;
  desk.call("5");
  desk.up();
  const auto key = desk.daemon[1]["request_id"].get<std::string>();
  desk.bridge.from_client(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":5}})");
  CHECK(desk.daemon.back()["op"] == "cancel");
  CHECK(desk.daemon.back()["request_id"] == key);
  desk.result(key, "late");
  CHECK(desk.client.empty());
  CHECK(desk.bridge.idle());
}
