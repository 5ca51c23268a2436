#include "core/version.hpp"
#include "mcp/schema.hpp"
#include "serve/mcp/catalogue.hpp"
#include "tests/tools/tool_fixture.hpp"

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& tool_schemas();
}  // namespace exai::embedded

using namespace exai;
using simulator::Simulator;

TEST_CASE("every tool has a title, a description and object schemas", "[tools]") {
  const auto tools = Registered<tools::Tool>::all();
  std::vector<std::string> names;
  for (const tools::Tool* tool : tools) {
    CAPTURE(tool->id);
    names.emplace_back(tool->id);
    CHECK(!tool->title.empty());
    CHECK(tool->description.size() > 20);
    const Json arguments = Json::parse(tools::input_schema(*tool));
    CHECK(arguments["type"] == "object");
    CHECK(arguments["additionalProperties"] == false);
    CHECK(mcp::Schema::compile(arguments));
    if (!tools::output_schema(*tool).empty())
      CHECK(Json::parse(tools::output_schema(*tool))["type"] == "object");
    CHECK(tool->run != nullptr);
    CHECK(tools::find_tool(tool->id) == tool);
  }
  for (const auto* const name :
       {"activity", "challenge", "chat", "glm_payload_preview", "glm_upload_file", "glm_web_search", "health",
        "kimi_capture_headers", "kimi_chat_with_files", "kimi_chat_with_tools", "kimi_intent_analysis",
        "kimi_manage_files", "kimi_upload_files", "listmodels", "provider_capabilities", "self-check",
        "status", "toolcall_log_tail", "version"}) {
    CAPTURE(name);
    CHECK(std::find(names.begin(), names.end(), name) != names.end());
  }
  CHECK(tools::find_tool("none") == nullptr);
}

TEST_CASE("every embedded schema is found under its tool's name", "[tools]") {
  for (const auto& [name, text] : embedded::tool_schemas()) {
    CAPTURE(name);
    const std::string_view id = name.substr(0, name.find(".output"));
    CHECK((id == "workflow" || tools::find_tool(id) != nullptr));
    CHECK(mcp::Schema::compile(Json::parse(text)));
  }
  CHECK(tools::output_schema(*tools::find_tool("chat")) == tools::embedded_schema("chat.output"));
  CHECK(tools::output_schema(*tools::find_tool("version")).empty());
}

TEST_CASE("a tool without a schema is refused with the file that is missing", "[tools]") {
  const tools::Tool bare{.id = "bare", .description = "has no file", .run = tools::find_tool("version")->run};
  CHECK(serve::mcp::ToolCatalogue::from(tools::lasting({&bare})).error().message ==
        "tool bare: there is no tools/bare.json");
  const tools::Tool own{.id = "chat", .description = "has its own", .input_schema = R"({"type":"object"})"};
  CHECK(tools::input_schema(own) == R"({"type":"object"})");
  CHECK(tools::output_schema(own).empty());
}

TEST_CASE("chat takes exactly the fields of the original", "[tools]") {
  const Json schema = Json::parse(tools::input_schema(*tools::find_tool("chat")));
  std::vector<std::string> fields;
  for (const auto& [name, value] : schema["properties"].items()) fields.push_back(name);
  CHECK(fields == std::vector<std::string>{"continuation_id", "files", "images", "model", "prompt", "stream",
                                           "temperature", "thinking_mode", "use_websearch"});
  CHECK(schema["required"] == Json::array({"prompt"}));
  CHECK(schema["properties"]["prompt"]["maxLength"] == 100'000);
  CHECK(schema["properties"]["temperature"]["default"] == 0.5);
}

TEST_CASE("version tells the server's", "[tools]") {
  test::ToolCall call(Config::defaults());
  const Json answer = call.ask("version", Json::object());
  CHECK(answer["status"] == "success");
  CHECK(answer["metadata"]["server_version"] == version());
  CHECK(answer["content"].get<std::string>().find(std::string(version())) != std::string::npos);
}

TEST_CASE("listmodels shows each provider, configured or what to set", "[tools]") {
  test::ToolCall call(test::config_of({{"GLM_API_KEY", test::k_key}}));
  const Json answer = call.ask("listmodels", Json::object());
  CHECK(answer["metadata"]["configured_providers"] == Json::array({"glm"}));
  CHECK(answer["metadata"]["models"].size() == 22);
  const auto text = answer["content"].get<std::string>();
  CHECK(text.find("glm-4.6 ") != std::string::npos);
  CHECK(text.find("kimi-k2-0905-preview (kimi-k2-0905, kimi-k2)") != std::string::npos);
  CHECK(text.find("KIMI_API_KEY") != std::string::npos);
  CHECK(text.find("CUSTOM_API_URL") != std::string::npos);
  CHECK(text.find(test::k_key) == std::string::npos);
}

TEST_CASE("health shows providers, models, permits and calls", "[tools]") {
  test::ToolCall call(test::config_of({{"KIMI_API_KEY", test::k_key}}));
  const Json answer = call.ask("health", {{"tail_lines", 2}});
  CHECK(answer["providers_configured"] == Json::array({"kimi"}));
  CHECK(answer["models_available"].size() == 14);
  CHECK(answer["toolcalls_tail"] == Json::array({"b", "c"}));
  CHECK(answer["metrics_tail"][1] == "in flight global 1 of 24");
  CHECK(answer["store"] == "ok");
}

TEST_CASE("status says what to do next", "[tools]") {
  test::ToolCall bare(Config::defaults());
  const Json nothing = bare.ask("status", {{"include_tools", true}});
  CHECK(nothing["providers_configured"].empty());
  CHECK(nothing["next_steps"][0].get<std::string>().find("GLM_API_KEY") != std::string::npos);
  CHECK(nothing["tools_loaded"] == Json::array({"chat", "status", "version"}));
  CHECK(nothing["last_errors"].size() == 3);
  CHECK_FALSE(nothing.contains("doctor"));
}

TEST_CASE("status asks the providers on request", "[tools]") {
  const auto server = Simulator::with("{key: " + std::string(test::k_key) +
                                      ", models: [a, b], rules: [{reply: {text: ready}}]}");
  test::ToolCall call(test::glm_at(*server));
  const Json well = call.ask("status", {{"doctor", true}, {"probe", true}});
  CHECK(well["doctor"]["probes"]["listmodels"]["glm"] == "ok, 2 models");
  CHECK(well["doctor"]["probes"]["chat"].get<std::string>().starts_with("ok"));
  CHECK(well["doctor"]["advice"].empty());

  const auto locked = Simulator::with("key: another");
  test::ToolCall refused(test::glm_at(*locked));
  const Json ill = refused.ask("status", {{"doctor", true}});
  CHECK(ill["doctor"]["probes"]["listmodels"]["glm"].get<std::string>().find("refused the key") !=
        std::string::npos);
  CHECK(ill["doctor"]["advice"][0].get<std::string>().find("GLM_API_KEY") != std::string::npos);
}
