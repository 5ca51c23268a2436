#include "models/providers/context_cache.hpp"
#include "models/providers/provider.hpp"
#include "models/providers/rounds.hpp"
#include "tests/models/provider_question.hpp"

#include <nlohmann/json.hpp>

using namespace exai;
using namespace exai::models;
using simulator::Simulator;
using test::ask;
using test::question;
using test::soon;

namespace {}  // namespace

TEST_CASE("a truncated answer is continued, and joined without repetition", "[provider]") {
  const bool stream = GENERATE(false, true);
  CAPTURE(stream);
  const auto server = Simulator::with(
      "rules: [{match: {nth: 1}, reply: {text: 'the first half of a long answer', finish_reason: length}}, "
      "{match: {nth: 1}, reply: {chunks: ['half of a long ans', 'wer and the second half'], finish_reason: "
      "length}}, {reply: {text: ', to the end'}}]");
  const auto asked = ask(test::glm_at(*server), question(stream), soon());
  REQUIRE(asked.reply);
  CHECK(asked.reply->content == "the first half of a long answer and the second half, to the end");
  CHECK(asked.reply->finish_reason == "stop");
  if (stream) CHECK(asked.streamed == asked.reply->content);
  const auto seen = server->seen();
  REQUIRE(seen.size() == 3);
  const auto third = parse_json(seen[2].body);
  REQUIRE(third);
  CHECK((*third)["messages"].size() == 3);
  CHECK((*third)["messages"][1]["content"] == "the first half of a long answer and the second half");
}

TEST_CASE("a truncated answer ends after three rounds, or when nothing new comes", "[provider]") {
  const auto endless = Simulator::with("rules: [{reply: {text: 'abc', finish_reason: length}}]");
  const auto asked = ask(test::glm_at(*endless), question(), soon());
  REQUIRE(asked.reply);
  CHECK(asked.reply->finish_reason == "length");
  CHECK(endless->seen().size() == 4);
  const auto stuck =
      Simulator::with("rules: [{reply: {text: 'always the same long words', finish_reason: length}}]");
  const auto same = ask(test::glm_at(*stuck), question(), soon());
  REQUIRE(same.reply);
  CHECK(same.reply->content == "always the same long words");
  CHECK(stuck->seen().size() == 2);
  const auto broken = Simulator::with(
      "rules: [{match: {nth: 1}, reply: {text: a part, finish_reason: length}}, {reply: {status: 500}}]");
  const auto part = ask(test::glm_at(*broken), question(), soon());
  REQUIRE(part.reply);
  CHECK(part.reply->content == "a part");
  CHECK(part.reply->failed_attempts.size() == 1);
}

TEST_CASE("truncated JSON is continued, or replaced when the model starts over", "[provider]") {
  models::ChatRequest request = question();
  request.json = true;
  const std::string second = GENERATE(R"( 1, "b": 2})", R"({"a": 1, "b": 2})");
  const auto server =
      Simulator::with(R"({rules: [{match: {nth: 1}, reply: {text: '{"a":', finish_reason: length}},)"
                      " {reply: {text: '" +
                      second + "'}}]}");
  const auto asked = ask(test::glm_at(*server), request, soon());
  REQUIRE(asked.reply);
  const auto document = parse_json(asked.reply->content);
  REQUIRE(document);
  CHECK((*document)["b"] == 2);
  CHECK((*parse_json(server->seen()[0].body))["response_format"]["type"] == "json_object");
  CHECK_FALSE(parse_json(server->seen()[1].body)->contains("response_format"));
}

TEST_CASE("a call of an offered tool is handed to the caller", "[provider]") {
  const bool stream = GENERATE(false, true);
  const auto server =
      Simulator::with(R"({rules: [{reply: {tool_name: look_up, tool_arguments: '{"q":"x"}'}}]})");
  models::ChatRequest request = question(stream);
  request.tools = Json::parse(R"([{"type":"function","function":{"name":"look_up","parameters":{}}}])");
  request.tool_choice = "auto";
  const auto asked = ask(test::glm_at(*server), request, soon());
  REQUIRE(asked.reply);
  REQUIRE(asked.reply->tools.size() == 1);
  CHECK(asked.reply->tools[0].name == "look_up");
  CHECK(asked.reply->finish_reason == "tool_calls");
  const auto sent = parse_json(server->seen()[0].body);
  CHECK((*sent)["tools"][0]["function"]["name"] == "look_up");
  CHECK((*sent)["tool_choice"] == "auto");
  request.tools = Json::parse(R"([{"type":"function","function":{"name":"other"}}])");
  CHECK_FALSE(ask(test::glm_at(*server), request, soon()).reply);
}

TEST_CASE("Kimi's headers go out, its cache token comes back and is used", "[provider]") {
  class Listening final : public models::ProviderTransport {
   public:
    Result<io::HttpResponse> exchange(const io::HttpRequest& request) override {
      seen.push_back(request.headers);
      io::HttpResponse response;
      response.status = 200;
      response.headers = {{"content-type", "application/json"},
                          {"msh-context-cache-token-saved", "token-1"},
                          {"set-cookie", "private"}};
      request.on_data(R"({"choices":[{"message":{"content":"hi"},"finish_reason":"stop"}]})");
      return response;
    }
    [[nodiscard]] std::string header(std::size_t call, std::string_view name) const {
      for (const auto& [key, value] : seen.at(call))
        if (key == name) return value;
      return {};
    }
    std::vector<std::vector<std::pair<std::string, std::string>>> seen;
  } transport;
  const Config config = test::config_of({{"KIMI_API_KEY", test::k_key}});
  const test::HurriedClock clock;
  models::ContextCache cache(clock);
  const models::ProviderCall call{config, soon(), {}, {}, transport, system_clock(), &cache};
  const ModelCatalogue models = test::catalogue();
  models::ChatRequest request = question();
  request.cache_scope = "s1";
  request.idempotency = "key-1";
  const auto send = [&] {
    return models::provider_chat(*models::find_provider("kimi"), request, *models.find("kimi-k2"), call);
  };
  const auto reply = send();
  REQUIRE(reply);
  CHECK(reply->headers ==
        std::vector<std::pair<std::string, std::string>>{{"msh-context-cache-token-saved", "token-1"}});
  CHECK(transport.header(0, "Msh-Trace-Mode") == "on");
  CHECK(transport.header(0, "Idempotency-Key") == "key-1");
  CHECK(transport.header(0, "X-Msh-Context-Cache-Reset-TTL") == "3600");
  CHECK(transport.header(0, "Msh-Context-Cache-Token").empty());
  REQUIRE(send());
  CHECK(transport.header(1, "Msh-Context-Cache-Token") == "token-1");
  request.cache_scope = "s2";
  request.cache_id = std::string(5000, 'x');
  REQUIRE(send());
  CHECK(transport.header(2, "Msh-Context-Cache-Token").empty());
  CHECK(transport.header(2, "X-Msh-Context-Cache").empty());
}

TEST_CASE("context tokens are kept for a while, the latest few", "[provider]") {
  test::HurriedClock clock;
  models::ContextCache cache(clock);
  cache.put("a", "1", 2, Millis{60000});
  cache.put("b", "2", 2, Millis{60000});
  CHECK(cache.find("a") == "1");
  cache.put("c", "3", 2, Millis{60000});
  CHECK(cache.find("b").empty());
  CHECK(cache.find("a") == "1");
  clock.advance(Millis{60000});
  CHECK(cache.find("a").empty());
}
