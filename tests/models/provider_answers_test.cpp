// What a provider answers, through the client and the router: secrets, limits, repetitions.
#include "models/providers/provider.hpp"
#include "models/providers/rounds.hpp"
#include "tests/models/provider_question.hpp"
#include "tests/models/router_fixture.hpp"
#include "tests/simulator/server.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

using namespace exai;
using namespace exai::models;
using simulator::Connection;
using simulator::RawRequest;
using test::ask;
using test::question;
using test::soon;
using test::TwoProviders;

namespace {

std::string http(const std::string& body, const std::string& more = "Content-Type: application/json\r\n",
                 int status = 200) {
  return fmt::format("HTTP/1.1 {} X\r\n{}Content-Length: {}\r\n\r\n{}", status, more, body.size(), body);
}

std::unique_ptr<simulator::Server> answering(const std::string& answer) {
  auto server = simulator::Server::start(
      0, [answer](Connection& connection, const RawRequest&) { return connection.write(answer); });
  REQUIRE(server);
  return std::move(*server);
}

Config glm_at(const simulator::Server& server, TwoProviders::Pairs more = {}) {
  more.emplace_back("GLM_API_URL", fmt::format("http://127.0.0.1:{}/v1", server.port()));
  more.emplace_back("GLM_API_KEY", test::k_key);
  return test::config_of(more);
}

std::string event(const std::string& delta, const std::string& reason = "null") {
  return R"(data: {"choices":[{"delta":)" + delta + R"(,"finish_reason":)" + reason + "}]}\n\n";
}

}  // namespace

TEST_CASE("no configured secret comes back in an answer, in whatever part of it", "[provider]") {
  const std::string other = "tavily-key-0123456789";
  const std::string key = test::k_key;
  const std::string body = R"({"model":")" + key +
                           R"(","choices":[{"finish_reason":"tool_calls","message":{"content":"key )" + key +
                           R"( and )" + other + R"(","reasoning_content":")" + other +
                           R"(","tool_calls":[{"id":"t","function":{"name":"send","arguments":"{\"a\":\")" +
                           key + R"(\",\"b\":\"\\u0073k-simulated-key-0123456789\"}"}}]}}]})";
  const auto server = answering(http(body));
  models::ChatRequest request = question();
  request.tools = Json::parse(R"([{"type":"function","function":{"name":"send"}}])");
  const auto asked = ask(glm_at(*server, {{"TAVILY_API_KEY", other}}), request, soon());
  REQUIRE(asked.reply);
  REQUIRE(asked.reply->tools.size() == 1);
  const std::string all =
      asked.reply->content + asked.reply->reasoning + asked.reply->model + asked.reply->tools[0].arguments;
  CHECK(all.find(key) == std::string::npos);
  CHECK(all.find(other) == std::string::npos);
  CHECK(all.find("0073k") == std::string::npos);
  CHECK(asked.reply->content.find("key [secret sha256:") == 0);
  CHECK(parse_json(asked.reply->tools[0].arguments));
}

TEST_CASE("a secret that is cut between deltas does not reach the client either", "[provider]") {
  const std::string key = test::k_key;
  const std::size_t cut = GENERATE(1, 5, 12, 20);
  const auto server = answering(http(event(R"({"content":"the key )" + key.substr(0, cut) + "\"}") +
                                         event(R"({"content":")" + key.substr(cut) + " is yours\"}") +
                                         event("{}", "\"stop\"") + "data: [DONE]\n\n",
                                     "Content-Type: text/event-stream\r\n"));
  const auto asked = ask(glm_at(*server), question(true), soon());
  REQUIRE(asked.reply);
  CHECK(asked.streamed == asked.reply->content);
  CHECK(asked.streamed.find(key) == std::string::npos);
  CHECK(asked.streamed.find("the key [secret sha256:") == 0);
  CHECK(asked.streamed.ends_with("] is yours"));
}

TEST_CASE("errors of a provider are reported in one line, without secrets", "[provider]") {
  struct Row {
    std::string answer, text;
    ErrorKind kind;
  };
  const std::string page = "<html>\n<head><title>502 Bad\nGateway</title></head>\n<body>" +
                           std::string(5000, 'x') + "</body></html>";
  const std::string html = "Content-Type: text/html\r\n";
  for (const Row& row : std::vector<Row>{
           {http(page, html, 502), "502 Bad Gateway", ErrorKind::provider},
           {http(page, html), "502 Bad Gateway", ErrorKind::provider},
           {http("upstream\n  is\tdown", "", 503), "upstream is down", ErrorKind::provider},
           {http("", "", 500), "no reason given", ErrorKind::provider},
           {http(R"({"code":401,"msg":"token expired"})"), "token expired", ErrorKind::config},
           {http(R"({"error":{"code":429,"message":"slow down"}})"), "slow down", ErrorKind::busy},
           {http(std::string(R"({"error":"your key )") + test::k_key + " is odd\"}"), "[secret",
            ErrorKind::provider}}) {
    CAPTURE(row.answer.substr(0, 80));
    const auto server = answering(row.answer);
    const auto asked = ask(glm_at(*server), question(), soon());
    REQUIRE_FALSE(asked.reply);
    CHECK(asked.reply.error().kind == row.kind);
    CHECK(asked.reply.error().message.find(row.text) != std::string::npos);
    CHECK(asked.reply.error().message.find('\n') == std::string::npos);
    CHECK(asked.reply.error().message.size() < 500);
    CHECK(asked.reply.error().message.find(test::k_key) == std::string::npos);
  }
}

TEST_CASE("Retry-After is read in each of its forms", "[provider]") {
  struct Row {
    std::string header;
    Millis min, max;
  };
  for (const Row& row :
       std::vector<Row>{{"Retry-After: 1.5", Millis{1500}, Millis{1500}},
                        {"retry-after-ms: 250", Millis{250}, Millis{250}},
                        {"Retry-After: 99999999999", Millis{3'600'000}, Millis{3'600'000}},
                        {"Retry-After: Fri, 31 Dec 2100 23:59:59 GMT", Millis{3'600'000}, Millis{3'600'000}},
                        {"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT", Millis{0}, Millis{0}},
                        {"Retry-After: never", Millis{0}, Millis{0}}}) {
    CAPTURE(row.header);
    const auto server = answering(http("{}", row.header + "\r\n", 429));
    const auto asked = ask(glm_at(*server), question(), soon());
    REQUIRE_FALSE(asked.reply);
    CHECK(asked.reply.error().retry_after >= row.min);
    CHECK(asked.reply.error().retry_after <= row.max);
  }
}

TEST_CASE("one bad answer is one failure, however often the request is repeated", "[provider][failover]") {
  TwoProviders one("rules: [{reply: {text: x, fault: bad_json}}]",
                   {{"RETRY_ATTEMPTS", "4"}, {"CIRCUIT_BREAKER_THRESHOLD", "4"}});
  for (int questions = 1; questions <= 3; ++questions) {
    REQUIRE_FALSE(one.ask(TwoProviders::question()));
    REQUIRE(one.router->breakers().size() == 1);
    CHECK(one.router->breakers()[0].failures == questions);
    CHECK(one.router->breakers()[0].state == models::Circuit::closed);
    CHECK(one.glm->seen().size() == static_cast<std::size_t>(5 * questions));
  }
  REQUIRE_FALSE(one.ask(TwoProviders::question()));
  CHECK(one.router->breakers()[0].state == models::Circuit::open);
}

TEST_CASE("an answer without text is paid for once", "[provider][failover]") {
  TwoProviders one("rules: [{reply: {text: ''}}]", {{"RETRY_ATTEMPTS", "3"}});
  const auto nothing = one.ask(TwoProviders::question());
  REQUIRE_FALSE(nothing);
  CHECK(nothing.error().message.find("answered nothing") != std::string::npos);
  CHECK(one.glm->seen().size() == 1);
}

TEST_CASE("the hint of a timeout names the limit that was reached", "[provider]") {
  struct Row {
    TwoProviders::Pairs settings;
    Millis call;
    Millis wish;
    std::string named;
  };
  const auto server = simulator::Simulator::with("rules: [{reply: {fault: silent}}]");
  for (const Row& row : std::vector<Row>{
           {{{"GLM_TIMEOUT_SECS", "50ms"}}, Millis{20000}, Millis{0}, "GLM_TIMEOUT_SECS"},
           {{{"GLM_TIMEOUT_SECS", "180s"}}, Millis{50}, Millis{0}, "SIMPLE_TOOL_TIMEOUT_SECS"},
           {{{"GLM_TIMEOUT_SECS", "50ms"}}, Millis{20000}, Millis{60}, "EXPERT_ANALYSIS_TIMEOUT_SECS"}}) {
    CAPTURE(row.named);
    const Config config = test::glm_at(*server, row.settings);
    const ModelCatalogue models = test::catalogue();
    models::ProviderCall call{config, Deadline::after(row.call), {}, {}, models::network()};
    call.deadline_setting = "timeouts.simple";
    call.patience = row.wish;
    call.patience_setting = "timeouts.expert";
    const auto reply =
        models::provider_chat(*models::find_provider("glm"), question(), *models.find("glm-4.6"), call);
    REQUIRE_FALSE(reply);
    CHECK(reply.error().kind == ErrorKind::timeout);
    CHECK(reply.error().hint == "raise " + row.named + " or ask for less");
  }
}

TEST_CASE("a path goes below a base URL with a query or slashes, and an unusable one is refused",
          "[provider]") {
  std::string path;
  const auto server = simulator::Server::start(0, [&path](Connection& connection, const RawRequest& request) {
    path = request.path;
    return connection.write(http(R"({"choices":[{"message":{"content":"fine"}}]})"));
  });
  REQUIRE(server);
  const auto asked_at = [&](const std::string& base) {
    return ask(
        test::config_of({{"GLM_API_URL", fmt::format("http://127.0.0.1:{}{}", (*server)->port(), base)},
                         {"GLM_API_KEY", test::k_key}}),
        question(), soon());
  };
  REQUIRE(asked_at("/v1?api-version=3").reply);
  CHECK(path == "/v1/chat/completions?api-version=3");
  REQUIRE(asked_at("/v1//").reply);
  CHECK(path == "/v1/chat/completions");
  // One without use does not come as far as here: the setting itself refuses it.
  CHECK_FALSE(check_value(*find_setting("glm.url"), "http://127.0.0.1:1/v1#part"));
}
