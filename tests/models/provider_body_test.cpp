#include "io/yaml.hpp"
#include "models/providers/body.hpp"
#include "models/providers/choose.hpp"
#include "models/providers/completion.hpp"
#include "models/providers/provider.hpp"
#include "tests/models/provider_fixture.hpp"

#include <nlohmann/json.hpp>

using namespace exai;
using namespace exai::models;

namespace {

Json body(std::string_view model, const models::ChatRequest& request,
          const Config& config = Config::defaults()) {
  const ModelCatalogue models = test::catalogue();
  const Model& known = models::answering_model(models, *models.find(model), request);
  return models::chat_body(*models::find_provider(known.provider), request, known, config);
}

models::ChatRequest question() {
  models::ChatRequest request;
  request.messages = {{"system", "be brief"}, {"user", "first"}, {"assistant", "yes"}, {"user", "second"}};
  return request;
}

}  // namespace

TEST_CASE("a plain request carries the messages and the output limit", "[provider]") {
  const Json sent = body("kimi-k2", question());
  CHECK(sent["model"] == "kimi-k2-0905-preview");
  CHECK(sent["messages"].size() == 4);
  CHECK(sent["messages"][3]["content"] == "second");
  CHECK(sent["max_tokens"] == 8192);
  CHECK_FALSE(sent.contains("temperature"));
  CHECK_FALSE(sent.contains("stream"));
  CHECK_FALSE(sent.contains("tools"));
  CHECK_FALSE(sent.contains("thinking"));
}

TEST_CASE("the output limit is the model's at most, and 0 sends none", "[provider]") {
  models::ChatRequest request = question();
  request.max_tokens = 100'000;
  CHECK(body("kimi-k2", request)["max_tokens"] == 16384);
  CHECK(body("moonshot-v1-8k", request)["max_tokens"] == 2048);
  const Config none = test::config_of({{"DEFAULT_MAX_OUTPUT_TOKENS", "0"}});
  CHECK_FALSE(body("kimi-k2", question(), none).contains("max_tokens"));
}

TEST_CASE("images go with the last question", "[provider]") {
  models::ChatRequest request = question();
  request.images = {"data:image/png;base64,AAAA", "https://example.org/a.png"};
  const Json sent = body("glm-4.5v", request);
  CHECK(sent["messages"][1]["content"] == "first");
  const Json& parts = sent["messages"][3]["content"];
  REQUIRE(parts.size() == 3);
  CHECK(parts[0]["text"] == "second");
  CHECK(parts[1]["image_url"]["url"] == "data:image/png;base64,AAAA");
}

TEST_CASE("GLM has its own request fields for thinking and search", "[provider]") {
  models::ChatRequest request = question();
  request.thinking_mode = "low";
  request.web_search = true;
  request.stream = true;
  const Json sent = body("glm-4.6", request);
  CHECK(sent["thinking"]["type"] == "enabled");
  CHECK(sent["tools"][0]["type"] == "web_search");
  CHECK(sent["tools"][0]["web_search"]["search_engine"] == "search_pro_jina");
  CHECK(sent["tool_choice"] == "auto");
  CHECK(sent["stream"] == true);
  CHECK_FALSE(sent.contains("stream_options"));
  CHECK_FALSE(body("glm-4.5-flash", request).contains("thinking"));
  const Config off = test::config_of({{"GLM_ENABLE_WEB_BROWSING", "false"}});
  CHECK_FALSE(body("glm-4.6", request, off).contains("tools"));
}

TEST_CASE("thinking can be turned off, and tool calls are streamed where the model can", "[provider]") {
  models::ChatRequest request = question();
  request.thinking_mode = "none";
  request.stream = true;
  CHECK(body("glm-4.6", request)["thinking"]["type"] == "disabled");
  CHECK(body("kimi-k2", request)["model"] == "kimi-k2-0905-preview");
  CHECK_FALSE(body("glm-4.6", request).contains("tool_stream"));
  request.tools = Json::parse(R"([{"type":"function","function":{"name":"f"}}])");
  request.web_search = true;
  const Json sent = body("glm-4.6", request);
  CHECK(sent["tool_stream"] == true);
  CHECK(sent["tools"].size() == 2);
  CHECK_FALSE(body("glm-4.5", request).contains("tool_stream"));
  CHECK_FALSE(body("glm-4.6", request, test::config_of({{"GLM_TOOL_STREAM_ENABLED", "false"}}))
                  .contains("tool_stream"));
}

TEST_CASE("a complete message is sent as it is", "[provider]") {
  models::ChatRequest request = question();
  request.messages.push_back({"tool", "", Json{{"role", "tool"}, {"tool_call_id", "c1"}, {"content", "42"}}});
  CHECK(body("glm-4.6", request)["messages"][4]["tool_call_id"] == "c1");
}

TEST_CASE("temperatures follow the model's rule", "[provider]") {
  TemperatureRule rule;
  CHECK(rule.fit(2.5) == 2);
  rule.low = rule.high = 1;
  CHECK(rule.fit(0.2) == 1);
  rule.kind = TemperatureRule::Kind::discrete;
  rule.values = {0, 0.3, 1};
  CHECK(rule.fit(0.5) == 0.3);
  rule.kind = TemperatureRule::Kind::unsupported;
  CHECK_FALSE(rule.fit(0.5));
  const auto read = [](const std::string& given) {
    const auto document = io::parse_yaml(
        "version: 1\nmodels:\n  - {name: m, provider: glm, context: 10, max_output: 5, "
        "temperature: " +
            given + "}",
        "m.yaml");
    REQUIRE(document);
    return ModelCatalogue::from(*document);
  };
  CHECK(read("{range: [0, 1]}")->models()[0].temperature.fit(1.5) == 1);
  CHECK(read("{fixed: 1}")->models()[0].temperature.fit(0.1) == 1);
  CHECK(read("{discrete: [0, 1]}")->models()[0].temperature.fit(0.1) == 0);
  CHECK_FALSE(read("{unsupported: true}")->models()[0].temperature.fit(0.1));
  for (const char* wrong : {"{range: [1, 0]}", "{range: [0]}", "{fixed: 3}", "{odd: 1}", "0.3"}) {
    CAPTURE(wrong);
    const auto models = read(wrong);
    REQUIRE_FALSE(models);
    CHECK(models.error().where->line == 3);
  }
}

TEST_CASE("output caps of a provider and of the operator count", "[provider]") {
  models::ChatRequest request = question();
  request.max_tokens = 100'000;
  CHECK(body("kimi-k2", request, test::config_of({{"KIMI_MAX_OUTPUT_TOKENS", "1000"}}))["max_tokens"] ==
        1000);
  CHECK(body("kimi-k2", request, test::config_of({{"KIMI_MAX_OUTPUT_TOKENS", "0"}}))["max_tokens"] == 16384);
  const Config loose = test::config_of({{"ENFORCE_MAX_TOKENS", "false"}});
  CHECK(body("kimi-k2", request, loose)["max_tokens"] == 16384);
  CHECK_FALSE(body("kimi-k2", question(), loose).contains("max_tokens"));
}

TEST_CASE("Kimi thinks with another model", "[provider]") {
  models::ChatRequest request = question();
  request.thinking_mode = "max";
  request.max_tokens = 16384;
  request.stream = true;
  const Json sent = body("kimi-k2", request);
  CHECK(sent["model"] == "kimi-thinking-preview");
  CHECK(sent["max_tokens"] == 8192);
  CHECK(sent["stream_options"]["include_usage"] == true);
}

TEST_CASE("a model is chosen by name, alias, setting or what is configured", "[provider]") {
  const ModelCatalogue models = test::catalogue();
  const Config glm = test::config_of({{"GLM_API_KEY", test::k_key}});
  CHECK(models::choose_model(glm, models, "")->model.name == "glm-4.5-flash");
  CHECK(models::choose_model(glm, models, "GLM-4.6")->model.name == "glm-4.6");
  CHECK(models::choose_model(glm, models, "auto")->provider->id == "glm");
  const Config kimi = test::config_of({{"KIMI_API_KEY", test::k_key}});
  CHECK(models::choose_model(kimi, models, "")->model.name == "kimi-k2-0905-preview");
  CHECK(models::choose_model(kimi, models, "auto")->provider->id == "kimi");
  const auto other = models::choose_model(kimi, models, "glm-4.6");
  REQUIRE(!other);
  CHECK(other.error().kind == ErrorKind::config);
  CHECK(other.error().message.find("GLM_API_KEY") != std::string::npos);
  // Who sets a default model means it.
  const Config meant = test::config_of({{"KIMI_API_KEY", test::k_key}, {"DEFAULT_MODEL", "glm-4.6"}});
  CHECK(models::choose_model(meant, models, "").error().kind == ErrorKind::config);
  const Config own = test::config_of({{"CUSTOM_API_URL", "http://127.0.0.1:11434/v1"}});
  CHECK(models::choose_model(own, models, "")->model.name == "llama3.2");
  CHECK(models::choose_model(own, models, "custom/qwen")->model.name == "qwen");
  const auto unknown = models::choose_model(glm, models, "glm-4.7");
  REQUIRE(!unknown);
  CHECK(unknown.error().kind == ErrorKind::not_found);
  CHECK(unknown.error().hint.find("glm-4.6") != std::string::npos);
  const auto nothing = models::choose_model(Config::defaults(), models, "auto");
  REQUIRE(!nothing);
  CHECK(nothing.error().kind == ErrorKind::config);
  CHECK(nothing.error().hint.find("KIMI_API_KEY") != std::string::npos);
}

TEST_CASE("answers of every shape are read without an exception", "[provider]") {
  for (const char* text :
       {"", "null", "[]", "7", "{", "{}", R"({"choices":{}})", R"({"choices":[]})", R"({"choices":[7]})",
        R"({"choices":[{"message":7}]})", R"({"error":"bad"})", R"({"error":{"message":"bad"}})"}) {
    CAPTURE(text);
    const auto answer = models::read_completion(text);
    REQUIRE(!answer);
    CHECK(answer.error().kind == ErrorKind::provider);
  }
  const auto odd = models::read_completion(
      R"({"choices":[{"message":{"content":null,"tool_calls":[null,{"function":7,"index":99}]},"finish_reason":3}],"usage":[1]})");
  REQUIRE(odd);
  CHECK(odd->content.empty());
  // Kimi reports a stream's usage inside the last choice.
  models::Completion answer;
  REQUIRE(models::read_chunk(
      R"({"choices":[{"delta":{},"finish_reason":"stop","usage":{"prompt_tokens":5,"completion_tokens":6,"cached_tokens":2}}]})",
      answer, {}));
  CHECK(answer.usage.prompt == 5);
  CHECK(answer.usage.cached == 2);
}
