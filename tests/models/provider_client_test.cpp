#include "models/providers/choose.hpp"
#include "models/providers/provider.hpp"
#include "models/providers/rounds.hpp"
#include "tests/models/provider_question.hpp"

#include <thread>

#include <nlohmann/json.hpp>

using namespace exai;
using simulator::Simulator;
using test::ask;
using test::question;
using test::soon;

namespace {

ErrorKind kind_of(const std::string& reply, bool stream) {
  const auto server = Simulator::with("rules: [{reply: " + reply + "}]");
  const auto asked = ask(test::glm_at(*server), question(stream), soon());
  REQUIRE(!asked.reply);
  INFO(asked.reply.error().message);
  CHECK(!asked.reply.error().message.empty());
  CHECK(asked.reply.error().message.find(test::k_key) == std::string::npos);
  return asked.reply.error().kind;
}

}  // namespace

TEST_CASE("an answer comes with its model, reason and usage", "[provider]") {
  const auto server = Simulator::with("{key: " + std::string(test::k_key) +
                                      ", rules: [{match: {contains: what is it}, reply: {text: a test, "
                                      "reasoning: thought about it, finish_reason: length}}]}");
  models::ChatRequest once = question();
  once.continue_cut = false;
  const auto asked = ask(test::glm_at(*server), once, soon());
  REQUIRE(asked.reply);
  CHECK(asked.reply->content == "a test");
  CHECK(asked.reply->reasoning == "thought about it");
  CHECK(asked.reply->finish_reason == "length");
  CHECK(asked.reply->provider == "glm");
  CHECK(asked.reply->model == "glm-4.6");
  CHECK(asked.reply->usage.completion > 0);
  CHECK(asked.streamed.empty());
  CHECK(server->seen()[0].path == "/v1/chat/completions");
}

TEST_CASE("a stream is passed on as it comes and adds up to the answer", "[provider]") {
  const auto server =
      Simulator::with("rules: [{reply: {chunks: [one, ' two', ' three'], delay: 1ms, reasoning: hmm}}]");
  const auto asked = ask(test::glm_at(*server), question(true), soon());
  REQUIRE(asked.reply);
  CHECK(asked.streamed == "one two three");
  CHECK(asked.reply->content == "one two three");
  CHECK(asked.reply->reasoning == "hmm");
  CHECK(asked.reply->finish_reason == "stop");
  CHECK(asked.reply->usage.prompt > 0);
}

TEST_CASE("each fault of a provider is the right kind of error, plain and streamed", "[provider]") {
  const bool stream = GENERATE(false, true);
  CAPTURE(stream);
  CHECK(kind_of("{status: 401}", stream) == ErrorKind::config);
  CHECK(kind_of("{status: 403}", stream) == ErrorKind::config);
  CHECK(kind_of("{status: 404}", stream) == ErrorKind::not_found);
  CHECK(kind_of("{status: 408}", stream) == ErrorKind::provider);
  CHECK(kind_of("{status: 429}", stream) == ErrorKind::busy);
  CHECK(kind_of("{status: 400}", stream) == ErrorKind::provider);
  CHECK(kind_of("{status: 500}", stream) == ErrorKind::provider);
  CHECK(kind_of("{status: 503}", stream) == ErrorKind::provider);
  CHECK(kind_of("{text: x, fault: bad_json}", stream) == ErrorKind::provider);
  CHECK(kind_of("{text: some words, fault: truncate}", stream) == ErrorKind::provider);
  CHECK(kind_of("{text: some words, fault: no_end}", stream) == ErrorKind::provider);
  CHECK(kind_of("{text: x, fault: wrong_type}", stream) == ErrorKind::provider);
  CHECK(kind_of("{text: x, fault: huge}", stream) == ErrorKind::provider);
  const ErrorKind reset = kind_of("{text: some words, fault: reset}", stream);
  CHECK((reset == ErrorKind::unreachable || reset == ErrorKind::provider));
}

TEST_CASE("a refused key names the variable, a rate limit says when to retry", "[provider]") {
  const auto locked = Simulator::with("key: another-key");
  const auto refused = ask(test::glm_at(*locked), question(), soon());
  REQUIRE(!refused.reply);
  CHECK(refused.reply.error().kind == ErrorKind::config);
  CHECK(refused.reply.error().hint.find("GLM_API_KEY") != std::string::npos);
  CHECK(refused.reply.error().message.find("invalid api key") != std::string::npos);

  const auto limited = Simulator::with("rules: [{reply: {status: 429, retry_after: 7, message: slow down}}]");
  const auto busy = ask(test::glm_at(*limited), question(), soon());
  REQUIRE(!busy.reply);
  CHECK(busy.reply.error().retry_after == std::chrono::seconds(7));
  CHECK(busy.reply.error().message.find("slow down") != std::string::npos);
}

TEST_CASE("a key that the provider repeats is never shown", "[provider]") {
  const auto echoing = Simulator::with("rules: [{reply: {status: 400, message: 'your key " +
                                       std::string(test::k_key) + " is odd'}}]");
  const auto asked = ask(test::glm_at(*echoing), question(), soon());
  REQUIRE(!asked.reply);
  CHECK(asked.reply.error().message.find(test::k_key) == std::string::npos);
  CHECK(asked.reply.error().message.find("sha256:") != std::string::npos);
}

TEST_CASE("a silent or stalling provider runs into the deadline", "[provider]") {
  const std::string fault = GENERATE("silent", "stall");
  const bool stream = GENERATE(false, true);
  CAPTURE(fault, stream);
  const auto server = Simulator::with("rules: [{reply: {text: some words, fault: " + fault + "}}]");
  const Steady start = system_clock().steady();
  const auto asked = ask(test::glm_at(*server), question(stream), Deadline::after(Millis{100}));
  REQUIRE(!asked.reply);
  CHECK(asked.reply.error().kind == ErrorKind::timeout);
  CHECK(system_clock().steady() - start < std::chrono::seconds(5));
  CHECK(server->wait_for_hangups(1, soon()));
}

TEST_CASE("the provider's own timeout counts too, and its variable is named", "[provider]") {
  const auto server = Simulator::with("rules: [{reply: {fault: silent}}]");
  const auto asked = ask(test::glm_at(*server, {{"GLM_TIMEOUT_SECS", "50ms"}}), question(), soon());
  REQUIRE(!asked.reply);
  CHECK(asked.reply.error().kind == ErrorKind::timeout);
  CHECK(asked.reply.error().hint.find("GLM_TIMEOUT_SECS") != std::string::npos);
}

TEST_CASE("a cancelled call ends at once and the provider sees it", "[provider]") {
  const auto server = Simulator::with("rules: [{reply: {text: x, fault: silent}}]");
  std::stop_source stop;
  std::thread canceller([&] {
    (void)server->wait_for_requests(1, soon());
    stop.request_stop();
  });
  const auto asked = ask(test::glm_at(*server), question(), Deadline::after(Millis{60000}), stop.get_token());
  canceller.join();
  REQUIRE(!asked.reply);
  CHECK(asked.reply.error().kind == ErrorKind::cancelled);
  CHECK(server->wait_for_hangups(1, soon()));
}

TEST_CASE("a refused connection is unreachable, a missing key is a config error before any socket",
          "[provider]") {
  std::string url;
  {
    const auto server = Simulator::with("");
    url = server->url();
    const auto keyless = ask(test::config_of({{"GLM_API_URL", url}}), question(), soon());
    REQUIRE(!keyless.reply);
    CHECK(keyless.reply.error().kind == ErrorKind::config);
    CHECK(keyless.reply.error().message.find("GLM_API_KEY") != std::string::npos);
    CHECK(server->connections() == 0);
  }
  const auto gone =
      ask(test::config_of({{"GLM_API_URL", url}, {"GLM_API_KEY", test::k_key}}), question(), soon());
  REQUIRE(!gone.reply);
  CHECK(gone.reply.error().kind == ErrorKind::unreachable);
}

TEST_CASE("Kimi's web search is echoed until the answer comes", "[provider]") {
  const bool stream = GENERATE(false, true);
  const auto server = Simulator::with(
      R"({rules: [{match: {nth: 1}, reply: {tool_name: $web_search, tool_arguments: '{"q":"x"}'}}, {reply: {text: found it}}]})");
  const Config config = test::config_of({{"KIMI_API_URL", server->url()}, {"KIMI_API_KEY", test::k_key}});
  models::ChatRequest request = question(stream);
  request.web_search = true;
  const auto asked = ask(config, request, soon(), {}, "kimi-k2");
  REQUIRE(asked.reply);
  CHECK(asked.reply->content == "found it");
  const auto seen = server->seen();
  REQUIRE(seen.size() == 2);
  const auto first = parse_json(seen[0].body);
  REQUIRE(first);
  CHECK((*first)["tools"][0]["type"] == "builtin_function");
  CHECK((*first)["tools"][0]["function"]["name"] == "$web_search");
  const auto second = parse_json(seen[1].body);
  REQUIRE(second);
  const auto& messages = (*second)["messages"];
  REQUIRE(messages.size() == 3);
  CHECK(messages[1]["tool_calls"][0]["function"]["arguments"] == R"({"q":"x"})");
  CHECK(messages[2]["role"] == "tool");
  CHECK(messages[2]["content"] == R"({"q":"x"})");
}

TEST_CASE("a tool that was not offered, and a search without end, are errors of the provider", "[provider]") {
  const std::string tool = GENERATE("rm_rf", "$web_search");
  const auto server = Simulator::with("rules: [{reply: {tool_name: " + tool + "}}]");
  const auto asked = ask(test::glm_at(*server), question(), soon());
  REQUIRE(!asked.reply);
  CHECK(asked.reply.error().kind == ErrorKind::provider);
}

TEST_CASE("the model list proves address and key", "[provider]") {
  const auto server = Simulator::with("{key: " + std::string(test::k_key) + ", models: [glm-4.6, glm-4.5]}");
  const Config config = test::glm_at(*server);
  const models::ProviderCall call{config, soon(), {}, {}, models::network()};
  CHECK(models::provider_models(*models::find_provider("glm"), call).value() ==
        std::vector<std::string>{"glm-4.6", "glm-4.5"});
}

TEST_CASE("a custom endpoint needs no key", "[provider]") {
  const auto server = Simulator::with("rules: [{match: {model: my-model}, reply: {text: mine}}]");
  const Config config =
      test::config_of({{"CUSTOM_API_URL", server->url() + "/"}, {"CUSTOM_MODEL_NAME", "my-model"}});
  const auto choice = models::choose_model(config, test::catalogue(), "auto");
  REQUIRE(choice);
  const models::ProviderCall call{config, soon(), {}, {}, models::network()};
  const auto reply = models::provider_chat(*choice->provider, question(), choice->model, call);
  REQUIRE(reply);
  CHECK(reply->content == "mine");
  CHECK(server->seen()[0].authorization.empty());
}
