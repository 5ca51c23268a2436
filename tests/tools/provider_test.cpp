#include "tests/tools/structured.hpp"
#include "tests/tools/tool_fixture.hpp"
#include "tools/web_search.hpp"

using namespace exai;
using simulator::Simulator;

namespace {

using Values = std::vector<std::pair<std::string, std::string>>;

Config kimi_at(const Simulator& server, Values more = {}) {
  more.insert(more.end(), {{"KIMI_API_URL", server.url()}, {"KIMI_API_KEY", test::k_key}});
  return test::config_of(more);
}

Error refusal(test::ToolCall& call, const char* tool, const Json& arguments) {
  const auto output = call.run(tool, arguments);
  REQUIRE_FALSE(output);
  return output.error();
}

}  // namespace

TEST_CASE("each tool has the fields of the original", "[tools]") {
  const std::vector<std::pair<const char*, std::vector<std::string>>> fields{
      {"activity", {"filter", "lines", "since", "source", "structured", "until"}},
      {"challenge", {"prompt"}},
      {"glm_payload_preview",
       {"model", "prompt", "system_prompt", "temperature", "tool_choice", "tools", "use_websearch"}},
      {"glm_upload_file", {"file", "purpose"}},
      {"glm_web_search",
       {"count", "request_id", "search_domain_filter", "search_engine", "search_query",
        "search_recency_filter", "user_id"}},
      {"kimi_capture_headers", {"call_key", "messages", "model", "session_id", "temperature", "tool_name"}},
      {"kimi_chat_with_files", {"file_ids", "model", "prompt", "temperature"}},
      {"kimi_chat_with_tools",
       {"messages", "model", "stream", "temperature", "tool_choice", "tools", "use_websearch"}},
      {"kimi_intent_analysis", {"context", "prompt", "use_websearch"}},
      {"kimi_manage_files", {"dry_run", "file_id", "limit", "operation"}},
      {"kimi_upload_files", {"files", "purpose"}},
      {"provider_capabilities", {"include_tools", "invalidate_cache", "show_advanced"}},
      {"self-check", {"log_lines"}},
      {"toolcall_log_tail", {"n", "path"}}};
  for (const auto& [name, wanted] : fields) {
    CAPTURE(name);
    const tools::Tool* tool = tools::find_tool(name);
    REQUIRE(tool != nullptr);
    std::vector<std::string> found;
    const Json schema = Json::parse(tools::input_schema(*tool));
    for (const auto& [field, value] : schema["properties"].items()) found.push_back(field);
    CHECK(found == wanted);
    const std::string_view id = name;
    CHECK(tool->provider == (id.starts_with("kimi_") ? "kimi" : id.starts_with("glm_") ? "glm" : ""));
  }
  CHECK(tools::find_tool("self-check")->tier == tools::ToolTier::diagnostic);
  CHECK(tools::find_tool("toolcall_log_tail")->tier == tools::ToolTier::diagnostic);
  CHECK(tools::find_tool("kimi_chat_with_files")->tier == tools::ToolTier::core);
  CHECK(tools::find_tool("status")->tier == tools::ToolTier::core);
}

TEST_CASE("GLM searches the web", "[tools][search]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  test::ToolCall call(test::glm_at(*server));
  const Json found = call.ask("glm_web_search", {{"search_query", "exai"}, {"count", 99}, {"user_id", "u1"}});
  CHECK(found["search_result"][0]["title"] == "About exai");
  CHECK(found["search_intent"][0]["query"] == "exai");
  const auto seen = server->seen().back();
  CHECK(seen.path == "/v1/web_search");
  CHECK(Json::parse(seen.body) == Json{{"search_engine", "search-prime"},
                                       {"search_query", "exai"},
                                       {"count", 50},
                                       {"search_recency_filter", "all"},
                                       {"user_id", "u1"}});
  CHECK(refusal(call, "glm_web_search", {{"search_query", "  "}}).message.find("search_query") !=
        std::string::npos);
}

TEST_CASE("the request to GLM is shown without sending it, and without the key", "[tools]") {
  const auto server = Simulator::with("{}");
  test::ToolCall call(test::glm_at(*server));
  const Json body = call.ask("glm_payload_preview",
                             {{"prompt", "hello"}, {"system_prompt", "be short"}, {"use_websearch", true}});
  CHECK(body["model"] == "glm-4.5-flash");
  CHECK(body["temperature"] == 0.3);
  CHECK(body["messages"].size() == 2);
  CHECK(body["messages"][1]["content"] == "hello");
  CHECK(body.contains("tools"));
  CHECK(dump_json(body).find(test::k_key) == std::string::npos);
  CHECK(server->seen().empty());
  CHECK(refusal(call, "glm_payload_preview", {{"prompt", ""}}).message.find("prompt") != std::string::npos);
  CHECK(refusal(call, "glm_payload_preview", {{"prompt", "x"}, {"model", "none"}}).kind ==
        ErrorKind::not_found);
}

TEST_CASE("Kimi classifies a request", "[tools]") {
  const auto server = Simulator::with(R"(
key: )" + std::string(test::k_key) + R"(
rules:
  - match: {contains: "in JSON"}
    reply: {text: "Sure:\n```json\n{\"needs_websearch\": \"true\", \"complexity\": \"Deep\", \"domain\": \"security\", \"recommended_provider\": \"kimi\", \"recommended_model\": \"kimi-k2-0711-preview\", \"streaming_preferred\": true}\n```"}
  - match: {contains: "half"}
    reply: {text: "{\"complexity\": \"enormous\", \"recommended_provider\": \"GLM\", \"recommended_model\": \"kimi-latest\"}"}
)");
  test::ToolCall call(kimi_at(*server));
  const Json answer =
      call.ask("kimi_intent_analysis", {{"prompt", "answer in JSON"}, {"context", "a server"}});
  CHECK(answer == Json{{"needs_websearch", true},
                       {"complexity", "deep"},
                       {"domain", "security"},
                       {"recommended_provider", "KIMI"},
                       {"recommended_model", "kimi-k2-0711-preview"},
                       {"streaming_preferred", true},
                       {"method", "model"}});
  const Json sent = Json::parse(server->seen().back().body);
  CHECK(sent["temperature"] == 0.1);
  CHECK(sent["max_tokens"] == 512);
  CHECK(sent["messages"][0]["content"].get<std::string>().find("needs_websearch") != std::string::npos);
  CHECK(sent["messages"][1]["content"].get<std::string>().find("a server") != std::string::npos);
  const Json half = call.ask("kimi_intent_analysis", {{"prompt", "half of it"}});
  CHECK(half["complexity"] == "simple");
  CHECK(half["recommended_model"] == "glm-4.5-flash");
  const Json guessed = call.ask("kimi_intent_analysis", {{"prompt", "the latest news about compilers"}});
  CHECK(guessed["method"] == "heuristic");
  CHECK(guessed["note"].get<std::string>().find("guess") != std::string::npos);
  CHECK(guessed["needs_websearch"] == true);
  const Json without = call.ask("kimi_intent_analysis",
                                {{"prompt", "the latest news about compilers"}, {"use_websearch", false}});
  CHECK(without["needs_websearch"] == false);
  CHECK(refusal(call, "kimi_intent_analysis", {{"prompt", " "}}).message.find("prompt") != std::string::npos);
}

TEST_CASE("Kimi's headers need Kimi's key", "[tools]") {
  test::ToolCall call(Config::defaults());
  const Json skipped =
      call.ask("kimi_capture_headers", {{"messages", {{{"role", "user"}, {"content", "hello"}}}}});
  CHECK(skipped["status"] == "skipped");
  CHECK(skipped["reason"].get<std::string>().find("KIMI_API_KEY") != std::string::npos);
}

TEST_CASE("Kimi gets the messages as the caller wrote them", "[tools]") {
  const auto server = Simulator::with("key: " + std::string(test::k_key));
  test::ToolCall call(kimi_at(*server));
  const Json captured =
      call.ask("kimi_capture_headers", {{"messages", {{{"role", "user"}, {"content", "hello"}}}}});
  CHECK(captured["content"] == "simulated answer to: hello");
  CHECK(captured["headers"].is_object());
  const Json plain = call.ask("kimi_chat_with_tools", {{"messages", "what now?"}});
  CHECK(plain["status"] == "success");
  CHECK(plain["provider"] == "KIMI");
  CHECK(plain["content"] == "simulated answer to: what now?");
  CHECK(plain["tool_calls"].empty());
  CHECK(plain["usage"]["completion_tokens"].get<int>() > 0);
  CHECK(Json::parse(server->seen().back().body)["temperature"] == 0.6);
  CHECK(refusal(call, "kimi_capture_headers", {{"messages", {{{"role", "nobody"}, {"content", "x"}}}}})
            .message.find("messages/0") != std::string::npos);
}

TEST_CASE("failures of requests to Kimi with functions say why", "[tools]") {
  const auto server =
      Simulator::with("{rules: [{reply: {status: 429, message: slow down, retry_after: 2}}]}");
  test::ToolCall call(kimi_at(*server));
  const auto failed = [&](const Json& arguments) {
    const auto output = call.run("kimi_chat_with_tools", arguments);
    REQUIRE(output);
    CHECK(output->is_error);
    return test::structured(*output);
  };
  const Json busy = failed({{"messages", "x"}});
  CHECK(busy["status"] == "execution_error");
  CHECK(busy["error_class"] == "busy");
  CHECK(busy["retry_after_ms"] == 2000);
  CHECK(failed({{"messages", Json::array()}})["status"] == "invalid_request");
  CHECK(failed({{"messages", {{{"role", "user"}}}}})["error"].get<std::string>().find("messages/0") !=
        std::string::npos);
  CHECK(failed({{"messages", "x"}, {"tools", {{{"type", "function"}}}}})["error"].get<std::string>().find(
            "tools/0") != std::string::npos);
  CHECK(failed({{"messages", "x"}, {"model", "glm-4.6"}})["error_class"] != "internal");
}

TEST_CASE("the web is searched by the backend that the settings name", "[tools][search]") {
  const auto server = Simulator::with("{}");
  const std::string base = "http://127.0.0.1:" + std::to_string(server->port());
  const auto search = [&](Values values) {
    test::ToolCall call(test::config_of(values));
    return tools::web_search(call, "plain answers?");
  };
  const auto duck = search({{"EXAI_DUCKDUCKGO_URL", base + "/html/"}});
  REQUIRE(duck);
  CHECK((*duck)["backend"] == "duckduckgo");
  CHECK(
      (*duck)["results"] ==
      Json::array({{{"title", "Duck & one"}, {"url", "https://example.org/d"}, {"snippet", "a plain answer"}},
                   {{"title", "Duck two"}, {"url", "https://example.org/e"}, {"snippet", ""}}}));
  CHECK(server->seen().back().path == "/html/?q=plain%20answers%3F");
  const auto tavily = search({{"SEARCH_BACKEND", "tavily"},
                              {"EXAI_TAVILY_URL", base + "/search"},
                              {"TAVILY_API_KEY", "tvly-0123456789abcdef"}});
  REQUIRE(tavily);
  CHECK((*tavily)["results"][0]["snippet"] == "about plain answers?");
  CHECK(server->seen().back().authorization == "Bearer tvly-0123456789abcdef");
  const auto bing = search({{"SEARCH_BACKEND", "bing"},
                            {"EXAI_BING_URL", base + "/v7.0/search"},
                            {"BING_SEARCH_API_KEY", "bing-0123456789"}});
  REQUIRE(bing);
  CHECK((*bing)["results"][0]["url"] == "https://example.org/b");
  CHECK(search({{"SEARCH_BACKEND", "bing"}}).error().hint == "set BING_SEARCH_API_KEY");
  CHECK(search({{"SEARCH_BACKEND", "tavily"}}).error().kind == ErrorKind::config);
  CHECK(search({{"EXAI_DUCKDUCKGO_URL", base + "/nowhere"}}).error().kind == ErrorKind::provider);
}

TEST_CASE("a statement is wrapped in a prompt to question it", "[tools]") {
  test::ToolCall call(Config::defaults());
  const Json answer = call.ask("challenge", {{"prompt", "the cache is never stale"}});
  CHECK(answer["status"] == "continuation_available");
  const Json content = Json::parse(answer["content"].get<std::string>());
  CHECK(content["original_statement"] == "the cache is never stale");
  CHECK(content["challenge_prompt"].get<std::string>().find("the cache is never stale") != std::string::npos);
  CHECK(!content["instructions"].get<std::string>().empty());
  CHECK(answer["continuation_offer"]["remaining_turns"] == 19);
  const std::string id = answer["continuation_offer"]["continuation_id"].get<std::string>();
  CHECK(call.memory().load(id, "test", engine::memory_rules(call.config()))->messages.size() == 2);
  CHECK(refusal(call, "challenge", {{"prompt", "\n"}}).message.find("prompt") != std::string::npos);
}
