// Functions that a model asks for, and the headers of its answer.
#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"

using namespace exai;
using simulator::Simulator;

namespace {

Config kimi_at(const Simulator& server) {
  return test::config_of(
      {{"KIMI_API_URL", server.url()},
       {"KIMI_API_KEY", test::k_key},
       {"GLM_API_KEY", test::k_key},
       {"EXAI_DUCKDUCKGO_URL", "http://127.0.0.1:" + std::to_string(server.port()) + "/html/"}});
}

Json weather() {
  return {{"type", "function"}, {"function", {{"name", "weather"}, {"parameters", {{"type", "object"}}}}}};
}

}  // namespace

TEST_CASE("a function of the client's comes back as pending", "[tools][calls]") {
  const auto server = Simulator::with(
      R"({rules: [{reply: {text: "let me look", tool_name: weather, tool_arguments: "{\"city\": \"Rome\"}"}}]})");
  test::ToolCall call(kimi_at(*server));
  const Json pending =
      call.ask("kimi_chat_with_tools", {{"messages", "how is Rome?"}, {"tools", {weather()}}});
  REQUIRE(pending["status"] == "tool_call_pending");
  CHECK(pending["provider"] == "KIMI");
  REQUIRE(pending["tool_calls"].size() == 1);
  CHECK(pending["tool_calls"][0]["function"]["name"] == "weather");
  CHECK(Json::parse(pending["tool_calls"][0]["function"]["arguments"].get<std::string>())["city"] == "Rome");
  CHECK(pending["raw"]["finish_reason"] == "tool_calls");
  const Json sent = Json::parse(server->seen()[0].body);
  CHECK(sent["tools"][0]["function"]["name"] == "weather");
  CHECK(sent["tool_choice"] == "auto");
  CHECK(server->seen().size() == 1);
}

TEST_CASE("a web search is run here, and its result goes back to the model", "[tools][calls]") {
  const auto server = Simulator::with(R"(
rules:
  - match: {nth: 1}
    reply: {tool_name: web_search, tool_arguments: "{\"query\": \"exai\"}"}
  - reply: {text: "found it"}
)");
  test::ToolCall call(kimi_at(*server));
  const Json answer = call.ask("kimi_chat_with_tools", {{"messages", "search"}, {"use_websearch", true}});
  REQUIRE(answer["status"] == "success");
  CHECK(answer["content"] == "found it");
  const auto seen = server->seen();
  REQUIRE(seen.size() == 3);
  CHECK(seen[1].path == "/html/?q=exai");
  const Json messages = Json::parse(seen[2].body)["messages"];
  REQUIRE(messages.size() == 3);
  CHECK(messages[1]["tool_calls"][0]["function"]["name"] == "web_search");
  CHECK(messages[2]["role"] == "tool");
  CHECK(messages[2]["tool_call_id"] == messages[1]["tool_calls"][0]["id"]);
  CHECK(messages[2]["content"].get<std::string>().find("https://example.org/d") != std::string::npos);
}

TEST_CASE("a model that never stops asking is stopped", "[tools][calls]") {
  const auto server = Simulator::with(
      R"({rules: [{reply: {tool_name: web_search, tool_arguments: "{\"query\": \"more\"}"}}]})");
  test::ToolCall call(kimi_at(*server));
  const Json answer = call.ask("kimi_chat_with_tools", {{"messages", "search"}, {"use_websearch", true}});
  REQUIRE(answer["status"] == "max_tool_depth_reached");
  CHECK(server->seen().size() == 6);  // three questions, three searches
}

TEST_CASE("a search that fails is reported", "[tools][calls]") {
  const auto server =
      Simulator::with(R"({rules: [{reply: {tool_name: web_search, tool_arguments: "no json"}}]})");
  test::ToolCall call(kimi_at(*server));
  const auto output = call.run("kimi_chat_with_tools", {{"messages", "search"}, {"use_websearch", true}});
  REQUIRE(output);
  CHECK(output->is_error);
  CHECK(test::structured(*output)["status"] == "tool_call_error");
}

TEST_CASE("functions stand in the preview of a request", "[tools][calls]") {
  const auto server = Simulator::with("{}");
  test::ToolCall call(kimi_at(*server));
  const Json body =
      call.ask("glm_payload_preview", {{"prompt", "x"}, {"tools", {weather()}}, {"tool_choice", "auto"}});
  REQUIRE(body.contains("tools"));
  CHECK(body["tools"] == Json::array({weather()}));
  CHECK(body["tool_choice"] == "auto");
}
