#include "mcp/errors.hpp"
#include "serve/mcp/dispatcher.hpp"
#include "serve/mcp/session.hpp"
#include "tests/catch.hpp"

using namespace exai;
using namespace exai::engine;
using namespace exai::mcp;
using namespace exai::serve::mcp;
using namespace exai::tools;

namespace {

Result<CallAnswer> nothing(const Json&, CallContext&) {
  return ToolOutput{};
}

const Tool k_sum{.id = "sum",
                 .title = "Sum",
                 .description = "adds",
                 .input_schema =
                     "{\n  \"type\": \"object\",\n  \"required\": [\"x\"],\n  \"properties\": {\"x\": "
                     "{\"type\": \"number\", \"description\": \"a b\"}}\n}",
                 .run = nothing};

const serve::mcp::McpWriter& writer() {
  static const serve::mcp::McpWriter k_wire({"exai", "1", ""});
  return k_wire;
}

const CurrentCatalogue& catalogue() {
  static const CurrentCatalogue k_catalogue(Catalogue::from(writer(), lasting({&k_sum}), {}, {}, {}).value());
  return k_catalogue;
}

/// What a session of that revision makes of the message.
Action act(const std::string& text, const char* version = "2025-11-25") {
  static const Dispatcher k_dispatcher(catalogue(), writer());
  auto message = read_message(text);
  REQUIRE(message);
  Peer peer;
  peer.id = "s";
  peer.session = std::make_shared<Session>();
  peer.session->version = version;
  const RequestContext context = read_context(*message, Era::session, peer);
  return k_dispatcher.dispatch(std::move(*message), context, nullptr);
}

Json answer(const std::string& text) {
  const Action action = act(text);
  REQUIRE(std::holds_alternative<SendAnswer>(action));
  return parse_json(std::get<SendAnswer>(action).message).value();
}

class HandClock final : public Clock {
 public:
  [[nodiscard]] Steady steady() const override { return now; }
  [[nodiscard]] Wall wall() const override { return {}; }
  Steady now{};
};

}  // namespace

TEST_CASE("malformed messages are refused, with the id only when it is known", "[serve][jsonrpc]") {
  const auto fault = [](const char* text) {
    const auto message = read_message(text);
    REQUIRE_FALSE(message);
    return rpc_error(message.error().id, message.error().error);
  };
  CHECK(fault("{").find("-32700") != std::string::npos);
  CHECK(fault("{").find("\"id\"") == std::string::npos);
  CHECK(fault("[]").find("-32600") != std::string::npos);
  CHECK(fault("1").find("-32600") != std::string::npos);
  CHECK(fault(R"({"jsonrpc":"2.0","id":null,"method":"ping"})").find("\"id\":") == std::string::npos);
  CHECK(fault(R"({"jsonrpc":"2.0","id":1.5,"method":"ping"})").find("-32600") != std::string::npos);
  CHECK(fault(R"({"jsonrpc":"1.0","id":7,"method":"ping"})").find("\"id\":7") != std::string::npos);
  CHECK(fault(R"({"id":7,"method":"ping"})").find("-32600") != std::string::npos);
  CHECK(fault(R"({"jsonrpc":"2.0","id":"x","method":5})").find(R"("id":"x")") != std::string::npos);
  CHECK(fault(R"({"jsonrpc":"2.0","id":1,"method":"ping","params":"no"})").find("-32600") !=
        std::string::npos);
  CHECK(fault(R"({"jsonrpc":"2.0","id":1})").find("-32600") != std::string::npos);
}

TEST_CASE("ids come back as they came", "[serve][jsonrpc]") {
  for (const std::string id :
       {"0", "-5", "9007199254740993", "18446744073709551615", R"("a \"b\"")", R"("7")"})
    CHECK(std::get<SendAnswer>(act(R"({"method":"ping","id":)" + id + R"(,"jsonrpc":"2.0"})")).message ==
          R"({"jsonrpc":"2.0","id":)" + id + R"(,"result":{}})");
}

TEST_CASE("initialize echoes a supported version and offers the newest otherwise", "[serve][dispatcher]") {
  for (const auto& [asked, got] : {std::pair{"2025-11-25", "2025-11-25"},
                                   {"2025-06-18", "2025-06-18"},
                                   {"2025-03-26", "2025-03-26"},
                                   {"2024-11-05", "2024-11-05"},
                                   {"2026-07-28", "2025-11-25"},
                                   {"nonsense", "2025-11-25"}}) {
    const Action action =
        act(R"({"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":")" +
            std::string(asked) + "\"}}");
    REQUIRE(std::holds_alternative<OpenSession>(action));
    const Json message = parse_json(std::get<OpenSession>(action).message).value();
    CHECK(message["result"]["protocolVersion"] == got);
    CHECK(message["result"]["capabilities"]["tools"]["listChanged"] == true);
  }
  CHECK(answer(R"({"jsonrpc":"2.0","id":0,"method":"initialize"})")["error"]["code"] == k_invalid_params);
}

TEST_CASE("tools/list is one line, keeps the schema's order and emits no null", "[serve][dispatcher]") {
  const Action action = act(R"({"jsonrpc":"2.0","id":1,"method":"tools/list"})");
  const std::string text = std::get<SendAnswer>(action).message;
  CHECK(text.find('\n') == std::string::npos);
  CHECK(text.find("null") == std::string::npos);
  CHECK(
      text.find(
          R"("inputSchema":{"type":"object","properties":{"x":{"type":"number","description":"a b"}},"required":["x"]})") !=
      std::string::npos);
  CHECK(
      answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"x"}})")["error"]["code"] ==
      k_invalid_params);
}

TEST_CASE("tools/call is validated before it begins", "[serve][dispatcher]") {
  const Json unknown = answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"smu"}})");
  CHECK(unknown["error"]["code"] == k_invalid_params);
  CHECK(unknown["error"]["message"].get<std::string>().find("did you mean sum?") != std::string::npos);
  const std::string wrong =
      R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"sum","arguments":{"x":"1"}}})";
  // The model can mend its own arguments, so it gets the error; clients before 2025-11-25 expect an error.
  const Json result = answer(wrong)["result"];
  CHECK(result["isError"] == true);
  CHECK(result["content"][0]["text"].get<std::string>().find("/x: expected number") != std::string::npos);
  const Action old = act(wrong, "2025-06-18");
  CHECK(parse_json(std::get<SendAnswer>(old).message).value()["error"]["code"] == k_invalid_params);
  CHECK(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/call"})")["error"]["code"] == k_invalid_params);
  CHECK(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/call","params":["sum"]})")["error"]["code"] ==
        k_invalid_params);
  CHECK(answer(R"({"jsonrpc":"2.0","id":1,"method":"tools/cal"})")["error"]["code"] == k_method_not_found);
  const Action good = act(
      R"({"jsonrpc":"2.0","id":"c","method":"tools/call","params":{"name":"sum","arguments":{"x":1},"_meta":{"progressToken":"t"}}})");
  REQUIRE(std::holds_alternative<BeginCall>(good));
  CHECK(std::get<BeginCall>(good).id == "\"c\"");
}

TEST_CASE("notifications are accepted silently and cancellations carry the id", "[serve][dispatcher]") {
  CHECK(std::holds_alternative<Accepted>(act(R"({"jsonrpc":"2.0","method":"notifications/initialized"})")));
  CHECK(std::holds_alternative<Accepted>(act(R"({"jsonrpc":"2.0","method":"unheard/of"})")));
  CHECK(std::holds_alternative<TakeResponse>(act(R"({"jsonrpc":"2.0","id":4,"result":{}})")));
  const Action cancel =
      act(R"({"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"c"}})");
  REQUIRE(std::holds_alternative<CancelCall>(cancel));
  CHECK(std::get<CancelCall>(cancel).id == "\"c\"");
}

TEST_CASE("a broken tool is found at registration", "[serve][catalogue]") {
  Tool tool = k_sum;
  tool.input_schema = R"({"type":"object","properties":{"x":{"pattern":"a"}}})";
  CHECK(ToolCatalogue::from(lasting({&tool})).error().message.find("tool sum") != std::string::npos);
  tool.input_schema = R"({"type":"array"})";
  CHECK_FALSE(ToolCatalogue::from(lasting({&tool})));
  tool = k_sum;
  tool.id = "no slash/here";
  CHECK_FALSE(ToolCatalogue::from(lasting({&tool})));
  CHECK_FALSE(ToolCatalogue::from(lasting({&k_sum, &k_sum})));
}

TEST_CASE("sessions belong to their principal, expire and make room", "[serve][session]") {
  HandClock clock;
  int count = 0;
  std::vector<std::string> gone;
  SessionTable table(
      {2, Millis{1000}}, clock, [&] { return "s" + std::to_string(++count); },
      [&](const std::shared_ptr<Session>& session) { gone.push_back(session->id); });
  table.open({"alice", Scope::admin}, "2025-11-25", {});
  CHECK(table.use("s1", "bob") == nullptr);
  CHECK_FALSE(table.close("s1", "bob"));
  table.open({"alice", Scope::admin}, "2025-11-25", {});
  CHECK(table.use("s1", "alice") != nullptr);  // s2 is now idle longest
  table.open({"alice", Scope::admin}, "2025-11-25", {});
  CHECK(gone == std::vector<std::string>{"s2"});
  clock.now += Millis{999};
  CHECK(table.use("s3", "alice") != nullptr);
  clock.now += Millis{1};
  CHECK(table.use("s1", "alice") == nullptr);
  CHECK(table.use("s3", "alice") != nullptr);
  CHECK(table.close("s3", "alice"));
  CHECK(table.size() == 0);
}

TEST_CASE("a session whose client listens is not idle", "[serve][session]") {
  struct Ear final : SessionChannel {
    void send(std::string) override {}
    [[nodiscard]] bool listening() const override { return open; }
    bool open = true;
  };
  HandClock clock;
  int count = 0;
  SessionTable table({10, Millis{1000}}, clock, [&] { return "s" + std::to_string(++count); }, {});
  const auto ear = std::make_shared<Ear>();
  table.open({"alice", Scope::admin}, "2025-11-25", {})->channel = ear;
  table.open({"alice", Scope::admin}, "2025-11-25", {});
  clock.now += Millis{1500};
  table.expire();
  CHECK(table.size() == 1);
  CHECK(table.use("s1", "alice") != nullptr);
  ear->open = false;
  clock.now += Millis{1000};
  table.expire();
  CHECK(table.size() == 0);
}

TEST_CASE("each error kind has its codes and capacity has a retry time", "[serve][errors]") {
  Error busy = make_error(ErrorKind::busy, "full", "wait");
  busy.retry_after = Millis{1500};
  const RpcError rpc = to_rpc(busy);
  CHECK(rpc.code == 1429);
  CHECK(rpc.message == "full; wait");
  CHECK(rpc.data["code"] == "OVER_CAPACITY");
  CHECK(rpc.data["retry_after"] == 1.5);
  CHECK(exai_ws_code(ErrorKind::timeout) == "TIMEOUT");
  CHECK(exai_ws_code(ErrorKind::provider) == "PROVIDER_ERROR");
  CHECK(rpc_code(ErrorKind::not_found) == k_invalid_params);
  // Our own codes stay out of the ranges of JSON-RPC and MCP.
  for (int kind = 0; kind <= static_cast<int>(ErrorKind::provider); ++kind) {
    const int code = rpc_code(static_cast<ErrorKind>(kind));
    CHECK((code > 0 || code == k_invalid_params || code == k_internal_error));
  }
}
