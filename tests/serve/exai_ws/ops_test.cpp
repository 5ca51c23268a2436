// The operations of exai_ws and its error codes, each through a real socket.
#include "core/text.hpp"
#include "io/files.hpp"
#include "serve/exai_ws/call_key.hpp"
#include "serve/exai_ws/frames.hpp"
#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"

#include <unistd.h>

using namespace exai;
using namespace exai::tests;

namespace {
namespace exai_ws_ops {

constexpr const char* k_token = "the-first-token-of-all";
constexpr const char* k_new_token = "the-second-token-of-all";

Json ask(WebSocketTestClient& peer, const Json& frame) {
  peer.send(dump_json(frame));
  return peer.json();
}

Json outcome(WebSocketTestClient& peer, const std::string& id, const std::string& tool,
             const Json& arguments = Json::object()) {
  peer.send(dump_json({{"op", "call_tool"}, {"request_id", id}, {"name", tool}, {"arguments", arguments}}));
  return peer.until("call_tool_res");
}

std::string log_of(TestServer& server) {
  return io::read_file(server.root() / "logs/mcp_server.log").value();
}

}  // namespace exai_ws_ops
}  // namespace

using exai_ws_ops::ask;
using exai_ws_ops::outcome;

TEST_CASE("the token is rotated for later hellos, by a client that knows the old one",
          "[serve][exai_ws][token]") {
  TestServer server(Settings{{"ws.token", exai_ws_ops::k_token}});
  WebSocketTestClient peer(server.websocket());
  CHECK(peer.hello(exai_ws_ops::k_token)["ok"] == true);
  const auto rotate = [&](const Json& more) {
    Json frame = {{"op", "rotate_token"}, {"request_id", "r"}};
    frame.update(more);
    return ask(peer, frame);
  };
  const Json missing = rotate({{"old", exai_ws_ops::k_token}});
  CHECK(missing["op"] == "rotate_token_res");
  CHECK(missing["ok"] == false);
  CHECK(missing["error"] == "missing_params");
  CHECK(missing["request_id"] == "r");
  CHECK(rotate({{"old", 7}, {"new", exai_ws_ops::k_new_token}})["error"] == "missing_params");
  CHECK(rotate({{"old", "wrong"}, {"new", exai_ws_ops::k_new_token}})["error"] == "unauthorized");
  CHECK(rotate({{"old", exai_ws_ops::k_token}, {"new", "fifteen-letters"}})["error"] == "too_short");
  CHECK(WebSocketTestClient(server.websocket()).hello(exai_ws_ops::k_new_token)["ok"] == false);
  CHECK(rotate({{"old", exai_ws_ops::k_token}, {"new", exai_ws_ops::k_new_token}})["ok"] == true);
  CHECK(WebSocketTestClient(server.websocket()).hello(exai_ws_ops::k_token)["error"] == "unauthorized");
  CHECK(WebSocketTestClient(server.websocket()).hello(exai_ws_ops::k_new_token)["ok"] == true);
  CHECK(ask(peer, {{"op", "ping"}})["op"] == "pong");  // sessions that stand go on
  const std::string log = exai_ws_ops::log_of(server);
  CHECK(log.find("daemon.token") != std::string::npos);
  CHECK(log.find(exai_ws_ops::k_token) == std::string::npos);
  CHECK(log.find(exai_ws_ops::k_new_token) == std::string::npos);
  // A reload that says nothing new keeps it; one that does has the last word.
  server.on_loop([&] {
    server.exai_ws().reload(serve::exai_ws::settings_of(config_of({{"ws.token", exai_ws_ops::k_token}})));
  });
  CHECK(WebSocketTestClient(server.websocket()).hello(exai_ws_ops::k_new_token)["ok"] == true);
  server.on_loop([&] {
    server.exai_ws().reload(serve::exai_ws::settings_of(config_of({{"ws.token", "the-third-token-of-all"}})));
  });
  CHECK(WebSocketTestClient(server.websocket()).hello("the-third-token-of-all")["ok"] == true);
}

TEST_CASE("without a token there is none to rotate", "[serve][exai_ws][token]") {
  TestServer server;
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  const Json answer = ask(peer, {{"op", "rotate_token"}, {"old", "x"}, {"new", exai_ws_ops::k_new_token}});
  CHECK(answer["error"] == "no_token");
  CHECK(WebSocketTestClient(server.websocket()).hello()["ok"] == true);
}

TEST_CASE("answers carry the request id that was given", "[serve][exai_ws]") {
  TestServer server;
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  CHECK(ask(peer, {{"op", "list_tools"}, {"request_id", "l\"1"}})["request_id"] == "l\"1");
  CHECK_FALSE(ask(peer, {{"op", "list_tools"}}).contains("request_id"));
  const Json health = ask(peer, {{"op", "health"}, {"request_id", "h1"}});
  CHECK(health["request_id"] == "h1");
  for (const char* const fact : {"t", "sessions", "global_capacity", "global_inflight", "tool_count"})
    CHECK(health["health"][fact].is_number());
  CHECK(health["health"]["uptime_human"].is_string());
  const Json pong = ask(peer, {{"op", "ping"}, {"request_id", "p1"}});
  CHECK(pong["op"] == "pong");
  CHECK(pong["request_id"] == "p1");
  const Json gone = ask(peer, {{"op", "cancel"}, {"request_id", "c1"}});
  CHECK(gone["op"] == "cancelled");
  CHECK(gone["ok"] == false);
  CHECK(gone["error"]["code"] == "NOT_FOUND");
}

TEST_CASE("tool_call is call_tool, and stream gives pieces and an end", "[serve][exai_ws][stream]") {
  TestServer server;
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  for (const Json& wish : {Json(true), Json("yes")}) {
    peer.send(dump_json({{"op", "tool_call"},
                         {"request_id", wish.dump()},
                         {"name", "test_stream"},
                         {"stream", wish},
                         {"arguments", {{"n", wish}}}}));
    std::string text, last;
    bool message = false;
    for (Json frame = peer.json(); frame["op"] != "call_tool_res"; frame = peer.json()) {
      last = frame["op"].get<std::string>();
      if (last == "stream_chunk") {
        text += frame["chunk"].get<std::string>();
        CHECK(frame["timestamp"].is_number());
        CHECK(frame["request_id"] == wish.dump());
      }
      CHECK_FALSE(frame.contains("text"));
      if (frame.value("message", "") == std::string("half way")) message = true;
    }
    CHECK(text == "Hello");
    CHECK(message);
    CHECK(last == "stream_complete");
  }
}

TEST_CASE("a call that has to wait for a permit gets a progress frame", "[serve][exai_ws][capacity]") {
  Gate::close();
  TestServer server(Settings{{"limits.session", "1"}, {"limits.permit_wait", "10s"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(R"({"op":"call_tool","request_id":"1","name":"test_wait","arguments":{"n":1}})");
  REQUIRE(Gate::entered(1));
  peer.send(R"({"op":"call_tool","request_id":"2","name":"test_wait","arguments":{"n":2}})");
  Json note = peer.json();
  while (!note.contains("note")) note = peer.json();
  CHECK(note["request_id"] == "2");
  CHECK(note["note"] == "accepted, waiting for capacity");
  Gate::open();
  CHECK(peer.until("call_tool_ack")["request_id"] == "2");
  CHECK(peer.until("call_tool_res")["ok"] == true);
}

TEST_CASE("every code is used where its name says, and logged at its class", "[serve][exai_ws][codes]") {
  TestServer server(
      Settings{{"limits.body", "4096"}, {"limits.rate_session", "1000"}, {"limits.rate_address", "1000"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  const auto code = [](const Json& frame) { return frame["error"]["code"].get<std::string>(); };
  CHECK(code(ask(peer, {{"op", "nonsense"}})) == "INVALID_REQUEST");
  CHECK(code(ask(peer, {{"op", "hello"}})) == "PROTOCOL_ERROR");
  peer.send("{");
  CHECK(code(peer.json()) == "VALIDATION_ERROR");
  CHECK(code(outcome(peer, "1", "no_such_tool")) == "TOOL_NOT_FOUND");
  CHECK(code(outcome(peer, "2", "test_echo", {{"times", 0}})) == "VALIDATION_ERROR");
  CHECK(code(outcome(peer, "3", "test_echo", {{"text", std::string(5000, 'x')}})) == "OVER_CAPACITY");
  struct Row {
    const char *kind, *code;
  };
  for (const Row& row :
       {Row{"not_found", "NOT_FOUND"}, Row{"missing_input", "NOT_FOUND"}, Row{"refused", "UNAUTHORIZED"},
        Row{"timeout", "TIMEOUT"}, Row{"provider", "PROVIDER_ERROR"}, Row{"unreachable", "PROVIDER_ERROR"},
        Row{"config", "SERVICE_UNAVAILABLE"}, Row{"busy", "OVER_CAPACITY"},
        Row{"cancelled", "TOOL_EXECUTION_ERROR"}, Row{"invalid", "VALIDATION_ERROR"}}) {
    const Json failed = outcome(peer, std::string("k") + row.kind, "test_fail", {{"kind", row.kind}});
    CHECK(code(failed) == row.code);
    CHECK(failed["error"]["details"]["kind"] == row.kind);
  }
  CHECK(outcome(peer, "4", "test_fail", {{"kind", "config"}})["error"]["details"]["error_type"] == "config");
  CHECK(outcome(peer, "5", "test_fail", {{"kind", "busy"}})["error"]["details"]["capacity_type"] ==
        "Provider");
  CHECK(code(outcome(peer, "6", "test_throw")) == "INTERNAL_ERROR");
  CHECK(code(outcome(peer, "7", "test_fail", {{"report", "no"}, {"is_error", true}})) ==
        "TOOL_EXECUTION_ERROR");
  const std::string log = exai_ws_ops::log_of(server);
  const auto logged = [&](const std::string& word, const std::string& level) {
    const std::size_t at = log.find("\"code\": \"" + word + "\"");
    REQUIRE(at != std::string::npos);
    const std::size_t begin = log.rfind('\n', at) + 1;
    CHECK(log.substr(begin, log.find('\n', at) - begin).find("\"" + level + "\"") != std::string::npos);
  };
  for (const char* const client : {"INVALID_REQUEST", "PROTOCOL_ERROR", "VALIDATION_ERROR", "UNAUTHORIZED",
                                   "NOT_FOUND", "TOOL_NOT_FOUND"})
    logged(client, "INFO");
  for (const char* const strained : {"OVER_CAPACITY", "TIMEOUT"}) logged(strained, "WARNING");
  for (const char* const broken :
       {"TOOL_EXECUTION_ERROR", "PROVIDER_ERROR", "SERVICE_UNAVAILABLE", "INTERNAL_ERROR"})
    logged(broken, "ERROR");
  // The text of an exception stands in the line that is about it, and in none that the client's answer made.
  for (const std::string& line : split(log, '\n'))
    if (line.find("secret detail") != std::string::npos) CHECK(line.find("call.broke") != std::string::npos);
}

TEST_CASE("a call beyond its time is TIMEOUT with the time and the tool", "[serve][exai_ws][codes]") {
  Gate::close();
  TestServer server(Settings{{"timeouts.simple", "200ms"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  const Json late = outcome(peer, "1", "test_wait");
  CHECK(late["error"]["code"] == "TIMEOUT");
  CHECK(late["error"]["details"]["timeout_seconds"] == 0.2);
  CHECK(late["error"]["details"]["tool_name"] == "test_wait");
}

TEST_CASE("a server at capacity names the limit, a stopping one is unavailable",
          "[serve][exai_ws][codes][capacity]") {
  Gate::close();
  TestServer server(Settings{{"limits.global", "1"}, {"limits.session", "1"}, {"limits.permit_wait", "0s"}});
  WebSocketTestClient peer(server.websocket()), other(server.websocket());
  peer.hello();
  other.hello();
  peer.send(R"({"op":"call_tool","request_id":"1","name":"test_wait"})");
  REQUIRE(Gate::entered(1));
  const Json full = outcome(other, "2", "test_wait");
  CHECK(full["error"]["code"] == "OVER_CAPACITY");
  CHECK(full["error"]["details"]["capacity_type"] == "Global");
  CHECK(full["error"]["details"]["retry_after"] == 1.0);
  server.on_loop([&] { server.engine().drain([] {}); });
  CHECK(outcome(other, "3", "test_wait")["error"]["code"] == "SERVICE_UNAVAILABLE");
}

TEST_CASE("an error that a tool reports stands beside its outputs", "[serve][exai_ws][codes]") {
  TestServer server;
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  const std::string report = R"({"status":"resend_prompt","content":"too long","metadata":{"limit":5}})";
  const Json resend = outcome(peer, "1", "test_fail", {{"report", report}});
  CHECK(resend["ok"] == false);
  CHECK(resend["outputs"][0]["text"] == report);
  CHECK(resend["text"] == report);
  CHECK(resend["error"]["code"] == "RESEND_PROMPT");
  CHECK(resend["error"]["message"] == "too long");
  CHECK(resend["error"]["metadata"]["limit"] == 5);
  for (const char* const status : {"error", "execution_error", "code_too_large"}) {
    const Json failed = outcome(peer, status, "test_fail",
                                {{"report", dump_json({{"status", status}, {"error", "it broke"}})}});
    CHECK(failed["error"]["message"] == "it broke");
    CHECK(to_lower(failed["error"]["code"].get<std::string>()) == status);
  }
  const Json plain = outcome(peer, "2", "test_fail", {{"report", "no luck"}, {"is_error", true}});
  CHECK(plain["error"]["code"] == "TOOL_EXECUTION_ERROR");
  CHECK(plain["error"]["message"] == "no luck");
  CHECK(plain["outputs"][0]["text"] == "no luck");
  CHECK(outcome(peer, "3", "test_fail", {{"report", R"({"status":"success"})"}})["ok"] == true);
  // Reported errors answer nobody else either.
  CHECK_FALSE(outcome(peer, "4", "test_fail", {{"report", report}}).contains("from_cache"));
}

TEST_CASE("a tool that returns nothing gets an empty text, or a diagnostic", "[serve][exai_ws]") {
  const auto answer = [](const Settings& settings) {
    TestServer server(settings);
    WebSocketTestClient peer(server.websocket());
    peer.hello();
    return outcome(peer, "1", "test_fail", {{"report", ""}});
  };
  CHECK(answer({})["outputs"][0]["text"] == "");
  const Json replaced = answer({{"ws.never_empty", "true"}});
  const Json diagnostic = parse_json(replaced["outputs"][0]["text"].get<std::string>()).value();
  CHECK(diagnostic["status"] == "no_payload_from_tool");
  CHECK(diagnostic["diagnostic_stub"] == true);
  CHECK(diagnostic["tool"] == "test_fail");
  CHECK(diagnostic["session"].is_string());
  CHECK(diagnostic["ts"].is_number());
  CHECK_FALSE(answer({{"ws.compat_text", "false"}}).contains("text"));
}

TEST_CASE("too many requests are refused with the time to wait, also before the hello",
          "[serve][exai_ws][limits]") {
  TestServer server(Settings{{"limits.rate_session", "3"}, {"limits.rate_session_refill", "1"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  for (int i = 0; i < 3; ++i) CHECK(ask(peer, {{"op", "ping"}})["op"] == "pong");
  const Json refused = ask(peer, {{"op", "call_tool"}, {"request_id", "4"}, {"name", "test_echo"}});
  CHECK(refused["op"] == "error");
  CHECK(refused["request_id"] == "4");
  CHECK(refused["error"]["code"] == "OVER_CAPACITY");
  CHECK(refused["error"]["details"]["retry_after"].get<double>() > 0);
  CHECK(refused["error"]["details"]["retry_after"].get<double>() <= 1);
  CHECK(ask(peer, {{"op", "cancel"}, {"request_id", "4"}})["op"] == "error");  // nothing to give up
  WebSocketTestClient other(server.websocket());
  CHECK(other.hello()["ok"] == true);  // another session has its own measure
  TestServer narrow(Settings{{"limits.rate_address", "1"}, {"limits.rate_address_refill", "1"}});
  CHECK(WebSocketTestClient(narrow.websocket()).hello()["ok"] == true);
  CHECK(WebSocketTestClient(narrow.websocket()).hello()["error"]["code"] == "OVER_CAPACITY");
}

TEST_CASE("a rate-limited client can still cancel a call", "[serve][exai_ws][limits]") {
  Gate::close();
  TestServer server(Settings{{"limits.rate_session", "1"}, {"limits.rate_session_refill", "1"}});
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  peer.send(R"({"op":"call_tool","request_id":"1","name":"test_wait"})");
  REQUIRE(Gate::entered(1));
  peer.send(R"({"op":"cancel","request_id":"1"})");
  CHECK(peer.until("cancelled")["ok"] == true);
  REQUIRE(Gate::entered(0));
}

TEST_CASE("a connection over the limit of its address is closed with 1008", "[serve][exai_ws][limits]") {
  TestServer server(Settings{{"ws.connections_per_address", "2"}});
  WebSocketTestClient first(server.websocket());
  CHECK(first.hello()["ok"] == true);
  {
    WebSocketTestClient second(server.websocket()), third(server.websocket());
    CHECK(second.hello()["ok"] == true);
    CHECK(third.receive() == "close 1008");
  }
  // The places come back; until the loop has seen that, a new connection gets 1008.
  for (bool in = false; !in;) {
    WebSocketTestClient again(server.websocket());
    again.send(R"({"op":"hello"})");
    const std::string answer = again.receive();
    in = answer.find("hello_ack") != std::string::npos;
    if (!in) CHECK(answer == "close 1008");
  }
}

TEST_CASE("the health file describes the running server", "[serve][exai_ws][health]") {
  TestServer server(Settings{{"ws.health_interval", "100ms"},
                             {"limits.rate_session", "1000000"},
                             {"limits.rate_address", "1000000"},
                             {"limits.rate_global", "1000000"}});
  const std::filesystem::path path = server.root() / "logs/ws_daemon.health.json";
  server.on_loop([&] { server.exai_ws().write_health(path, "127.0.0.1:8079"); });
  WebSocketTestClient peer(server.websocket());
  peer.hello();
  // The first file may be from before the hello.
  Json facts = Json::object();
  const Deadline end = Deadline::after(Millis{10000});
  while (!end.passed() && facts.value("sessions", 0) != 1) {
    ask(peer, {{"op", "ping"}});
    if (const Result<std::string> text = io::read_file(path)) facts = parse_json(*text).value();
  }
  CHECK(facts["sessions"] == 1);
  CHECK(facts["pid"] == getpid());
  CHECK(facts["host"] == "127.0.0.1");
  CHECK(facts["port"] == 8079);
  CHECK(facts["tool_count"] == 5);
  CHECK(facts["global_capacity"] == 24);
  CHECK(facts["global_inflight"] == 0);
  CHECK(facts["started_at"].get<double>() <= facts["t"].get<double>());
  CHECK(facts["uptime_human"].is_string());
}

TEST_CASE("legacy forms of arguments are accepted where the schema allows their meaning",
          "[serve][exai_ws][arguments]") {
  static constexpr std::string_view k_schema =
      R"({"type":"object","properties":{"use_websearch":{"type":"boolean"},"stream":{"type":"string"},
          "thinking_mode":{"enum":["low","high"]},"temperature":{"type":"number","maximum":1}},
          "additionalProperties":false})";
  const tools::Tool tool{.id = "test_arguments",
                         .title = "t",
                         .description = "d",
                         .input_schema = k_schema,
                         .run = [](const Json&, engine::CallContext&) -> Result<engine::CallAnswer> {
                           return tools::text_output("");
                         }};
  const auto tools = serve::mcp::ToolCatalogue::from(tools::lasting({&tool})).value();
  const auto fit = [&](const Json& given) {
    return serve::exai_ws::fitting_arguments(*tools.find(tool.id), given);
  };
  CHECK(fit({{"use_websearch", "Yes"}}).value()["use_websearch"] == true);
  CHECK(fit({{"use_websearch", "0"}}).value()["use_websearch"] == false);
  CHECK(fit({{"thinking_mode", "HIGH"}}).value()["thinking_mode"] == "high");
  CHECK(fit({{"stream", "true"}}).value()["stream"] == "true");  // the schema wants a string here
  CHECK_FALSE(fit({{"use_websearch", "perhaps"}}));
  CHECK_FALSE(fit({{"use_websearch", "yes"}, {"temperature", 2}}));
  CHECK_FALSE(fit("text"));
}
