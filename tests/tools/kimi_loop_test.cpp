// The rounds of kimi_chat_with_tools, with a model that answers as the test wants.
#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"

#include <deque>

using namespace exai;
using simulator::Simulator;

namespace {

/// Models answer from a list; everything else is real.
class Scripted : public test::ToolCall {
 public:
  Scripted(const Simulator& search, std::deque<Result<models::Reply>> replies)
      : ToolCall(test::config_of(
            {{"KIMI_API_KEY", test::k_key},
             {"EXAI_DUCKDUCKGO_URL", "http://127.0.0.1:" + std::to_string(search.port()) + "/html/"}})),
        replies_(std::move(replies)) {}
  Result<models::Reply> chat(const models::ChatRequest& request,
                             const std::function<void(std::string_view)>& on_delta) override {
    asked.push_back(request);
    if (on_delta) on_delta("part");
    if (replies_.empty()) return fail(ErrorKind::internal, "the script has no more answers");
    Result<models::Reply> reply = replies_.front();
    replies_.pop_front();
    return reply;
  }
  std::vector<models::ChatRequest> asked;

 private:
  std::deque<Result<models::Reply>> replies_;
};

models::Reply says(const std::string& content, std::vector<models::ToolCall> tools = {}) {
  models::Reply reply;
  reply.content = content;
  reply.provider = "kimi";
  reply.model = "kimi-k2-0711-preview";
  reply.finish_reason = tools.empty() ? "stop" : "tool_calls";
  reply.usage = {10, 5, 1};
  reply.tools = std::move(tools);
  return reply;
}

models::ToolCall search(const std::string& id = "c1") {
  return {id, "web_search", R"({"query": "exai"})"};
}

Json weather() {
  return {{"type", "function"}, {"function", {{"name", "weather"}}}};
}

Json structured(test::ToolCall& call, const Json& arguments, bool error = false) {
  const auto output = call.run("kimi_chat_with_tools", arguments);
  if (!output) FAIL(output.error().message);
  CHECK(output->is_error == error);
  return test::structured(*output);
}

}  // namespace

TEST_CASE("functions of the client are handed back", "[tools][loop]") {
  const auto server = Simulator::with("{}");
  Scripted call(*server, {says("let me look", {{"c1", "weather", R"({"city": "Rome"})"}})});
  const Json pending = structured(
      call, {{"messages", "how is Rome?"}, {"tools", Json::array({weather()})}, {"tool_choice", "required"}});
  CHECK(pending["status"] == "tool_call_pending");
  CHECK(pending["content"] == "let me look");
  CHECK(pending["tool_calls"] ==
        Json::array({{{"id", "c1"},
                      {"type", "function"},
                      {"function", {{"name", "weather"}, {"arguments", R"({"city": "Rome"})"}}}}}));
  CHECK(pending["usage"]["prompt_tokens"] == 10);
  CHECK(pending["raw"]["finish_reason"] == "tool_calls");
  REQUIRE(call.asked.size() == 1);
  CHECK(call.asked[0].tools == Json::array({weather()}));
  CHECK(call.asked[0].tool_choice == "required");
  CHECK_FALSE(call.asked[0].failover);
  CHECK(call.asked[0].needs.tool == "kimi_chat_with_tools");
}

TEST_CASE("searches are run here until the model answers", "[tools][loop]") {
  const auto server = Simulator::with("{}");
  Scripted call(*server, {says("", {search()}), says("found it")});
  const Json answer = structured(call, {{"messages", "search"}, {"use_websearch", true}, {"stream", true}});
  CHECK(answer["status"] == "success");
  CHECK(answer["content"] == "found it");
  CHECK(answer["usage"] == Json{{"prompt_tokens", 20}, {"completion_tokens", 10}, {"cached_tokens", 2}});
  CHECK(call.streamed == "partpart");
  REQUIRE(call.asked.size() == 2);
  CHECK(call.asked[0].tools[0]["function"]["name"] == "web_search");
  const auto& messages = call.asked[1].messages;
  REQUIRE(messages.size() == 3);
  CHECK(messages[1].raw["tool_calls"][0]["id"] == "c1");
  CHECK(messages[2].raw["tool_call_id"] == "c1");
  CHECK(messages[2].raw["content"].get<std::string>().find("https://example.org/d") != std::string::npos);
  CHECK(server->seen().size() == 1);
}

TEST_CASE("a search is not run unless it was offered", "[tools][loop]") {
  const auto server = Simulator::with("{}");
  Scripted call(*server, {says("", {search()})});
  CHECK(structured(call, {{"messages", "x"}})["status"] == "tool_call_pending");
  CHECK(server->seen().empty());
}

TEST_CASE("results of searches come with calls that the client must run", "[tools][loop]") {
  const auto server = Simulator::with("{}");
  Scripted call(*server, {says("", {search("c1"), {"c2", "weather", "{}"}})});
  const Json pending =
      structured(call, {{"messages", "x"}, {"tools", Json::array({weather()})}, {"use_websearch", true}});
  CHECK(pending["status"] == "tool_call_pending");
  CHECK(pending["tool_calls"].size() == 2);
  REQUIRE(pending["tool_results"].size() == 1);
  CHECK(pending["tool_results"][0]["tool_call_id"] == "c1");
}

TEST_CASE("the rounds are bounded, and failures are distinguished", "[tools][loop]") {
  const auto server = Simulator::with("{}");
  const Json arguments{{"messages", "x"}, {"use_websearch", true}};
  Scripted endless(*server, {says("a", {search()}), says("b", {search()}), says("c", {search()}), says("d")});
  const Json deep = structured(endless, arguments);
  CHECK(deep["status"] == "max_tool_depth_reached");
  CHECK(deep["content"] == "c");
  CHECK(endless.asked.size() == 3);
  Scripted broken(*server, {says("", {{"c1", "web_search", "no json"}})});
  const Json wrong = structured(broken, arguments, true);
  CHECK(wrong["status"] == "tool_call_error");
  CHECK(wrong["error_class"] == "provider");
  Scripted down(*server, {fail(ErrorKind::unreachable, "nobody there")});
  CHECK(structured(down, arguments, true)["status"] == "execution_error");
  Scripted stopped(*server, {fail(ErrorKind::cancelled, "stopped")});
  CHECK(stopped.run("kimi_chat_with_tools", arguments).error().kind == ErrorKind::cancelled);
}

TEST_CASE("headers of the answer are shown, and caches are the caller's own", "[tools][loop]") {
  const auto server = Simulator::with("{}");
  models::Reply reply = says("hello");
  reply.headers = {{"msh-context-cache-token-saved", "t1"}};
  Scripted call(*server, {reply});
  const Json captured =
      call.ask("kimi_capture_headers", {{"messages", Json::array({{{"role", "user"}, {"content", "hi"}}})},
                                        {"session_id", "s1"},
                                        {"call_key", "k1"},
                                        {"tool_name", "chat"}});
  CHECK(captured["headers"]["msh-context-cache-token-saved"] == "t1");
  CHECK(captured["usage"]["cached_tokens"] == 1);
  REQUIRE(call.asked.size() == 1);
  CHECK(call.asked[0].idempotency == "k1");
  CHECK(call.asked[0].cache_scope == "test/s1/chat");
}
