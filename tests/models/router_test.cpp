#include "io/files.hpp"
#include "io/yaml.hpp"
#include "models/providers/choose.hpp"
#include "store/store.hpp"
#include "tests/models/router_fixture.hpp"
#include "tests/scratch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;
using namespace exai::models;
using test::TwoProviders;

namespace {

std::string routed(const Config& config, const models::ChatRequest& request) {
  const auto choice = models::choose_model(config, test::catalogue(), request);
  return choice ? choice->model.name : choice.error().message;
}

const test::TwoProviders::Pairs k_both{{"GLM_API_KEY", test::k_key}, {"KIMI_API_KEY", test::k_key}};

Config both_with(test::TwoProviders::Pairs more) {
  more.insert(more.end(), k_both.begin(), k_both.end());
  return test::config_of(more);
}

}  // namespace

TEST_CASE("a call that names no model gets one by its needs", "[router]") {
  const Config config = both_with({});
  models::ChatRequest request;
  CHECK(routed(config, request) == "glm-4.5-flash");
  request.model = "auto";
  CHECK(routed(config, request) == "glm-4.5-flash");
  request.needs.fast = false;
  CHECK(routed(config, request) == "glm-4.6");
  request.needs.tokens = 60'000;
  CHECK(routed(config, request) == "kimi-k2-0905-preview");
  request.thinking_mode = "high";
  CHECK(routed(config, request) == "glm-4.6");
  request.images = {"data:image/png;base64,AAAA"};
  CHECK(routed(config, request) == "kimi-thinking-preview");
  request.thinking_mode.clear();
  CHECK(routed(config, request) == "kimi-latest");
  request.needs.files = true;
  CHECK(routed(config, request) == "kimi-k2-0905-preview");
  request.model = "glm-4.5-air";
  CHECK(routed(config, request) == "glm-4.5-air");
}

TEST_CASE("providers without a key and models that are not allowed are passed over", "[router]") {
  models::ChatRequest request;
  CHECK(routed(test::config_of({{"KIMI_API_KEY", test::k_key}}), request) == "kimi-k2-0905-preview");
  CHECK(routed(test::config_of({{"CUSTOM_API_URL", "http://127.0.0.1:9/v1"}}), request) == "llama3.2");
  CHECK(routed(both_with({{"GLM_ALLOWED_MODELS", "glm-4.6"}}), request) == "kimi-k2-0905-preview");
  CHECK(
      routed(both_with({{"GLM_ALLOWED_MODELS", "glm-4.6"}, {"KIMI_ALLOWED_MODELS", "kimi-latest"}}), request)
          .find("GLM_ALLOWED_MODELS") != std::string::npos);
  request.model = "kimi-k2";
  CHECK(routed(both_with({{"KIMI_ALLOWED_MODELS", "kimi-k2, kimi-latest"}}), request) ==
        "kimi-k2-0905-preview");
  const auto refused =
      models::choose_model(both_with({{"KIMI_ALLOWED_MODELS", "kimi-latest"}}), test::catalogue(), request);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::config);
  CHECK(refused.error().hint.find("kimi-latest") != std::string::npos);
  // Who sets a default model means it, whatever the needs.
  request.model.clear();
  request.needs.fast = false;
  CHECK(routed(both_with({{"DEFAULT_MODEL", "glm-4.5-air"}}), request) == "glm-4.5-air");
}

TEST_CASE("a decision is explained rule by rule", "[router]") {
  models::ChatRequest request;
  request.needs.tokens = 50'000;
  std::vector<models::RouteStep> steps;
  const auto choice = models::explain_choice(test::config_of({{"GLM_API_KEY", test::k_key}}),
                                             test::catalogue(), request, steps);
  REQUIRE(choice);
  CHECK(choice->model.name == "glm-4.6");
  const auto taken =
      std::find_if(steps.begin(), steps.end(), [](const models::RouteStep& step) { return step.taken; });
  REQUIRE(taken != steps.end());
  CHECK(taken->rule == "long-context");
  CHECK(taken->verdict.find("kimi-k2-0905-preview has no configured provider") != std::string::npos);
  CHECK(steps.front().verdict == "files is false");
  CHECK(std::count_if(steps.begin(), steps.end(), [](const auto& step) { return step.taken; }) == 1);
}

TEST_CASE("a rule table is checked with file and line", "[router]") {
  const auto problem = [](const std::string& text) {
    const auto document = io::parse_yaml(text, "r.yaml");
    REQUIRE(document);
    const auto table = RouteTable::from(*document);
    REQUIRE_FALSE(table);
    REQUIRE(table.error().where);
    return table.error().message;
  };
  CHECK(problem("version: 2\nrules: []") == "'version' of the rule table must be 1");
  CHECK(problem("version: 1\nrules:\n  - {id: a, why: b, use: [x], when: {wep: true}}").find("wep") !=
        std::string::npos);
  CHECK(problem("version: 1\nrules:\n  - {id: a, use: [x]}").find("why") != std::string::npos);
  const auto document = io::parse_yaml("version: 1\nrules:\n  - {id: a, why: b, use: [nobody]}", "r.yaml");
  ModelCatalogue models = test::catalogue();
  const auto set = models.set_routes(*RouteTable::from(*document));
  REQUIRE_FALSE(set);
  CHECK(set.error().where->line == 3);
}

TEST_CASE("an answer costs what the catalogue says, cached tokens less", "[router]") {
  const ModelCatalogue models = test::catalogue();
  CHECK(models::cost_of(*models.find("kimi-k2"), {1'000'000, 1'000'000, 0}) == Approx(3.10));
  CHECK(models::cost_of(*models.find("kimi-k2"), {1'000'000, 0, 1'000'000}) == Approx(0.15));
  CHECK(models::cost_of(*models.find("glm-4.5-flash"), {1'000'000, 1'000'000, 0}) == Approx(0.0));
  CHECK_FALSE(models::cost_of(*models.find("kimi-latest"), {1, 1, 0}));

  TwoProviders one("rules: [{reply: {text: an answer of some length}}]");
  const auto reply = one.ask(TwoProviders::question());
  REQUIRE(reply);
  CHECK(reply->cost > 0);
  CHECK(reply->cost == Approx(*models::cost_of(*models.find("glm-4.6"), reply->usage)));
  CHECK(one.spend->today("glm") == Approx(reply->cost));
  const std::string shown = one.metrics.render();
  CHECK(shown.find(R"(exai_cost_usd_total{model="glm-4.6",provider="glm"})") != std::string::npos);
  CHECK(shown.find(R"(exai_model_tokens_total{kind="prompt",model="glm-4.6",provider="glm"})") !=
        std::string::npos);
}

TEST_CASE("an exhausted budget stops calls before the provider is asked, and free models go on", "[router]") {
  TwoProviders one("", {{"EXAI_DAILY_BUDGET_USD", "0"}});
  const auto refused = one.ask(TwoProviders::question());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::budget);
  CHECK(refused.error().hint.find("EXAI_DAILY_BUDGET_USD") != std::string::npos);
  CHECK(one.glm->seen().empty());
  CHECK(one.ask(TwoProviders::question("glm-4.5-flash")));

  TwoProviders dear("", {{"MAX_COST_PER_REQUEST", "0.0001"}});
  CHECK(dear.ask(TwoProviders::question()).error().kind == ErrorKind::budget);
  TwoProviders own("", {{"EXAI_DAILY_BUDGET_USD_GLM", "0"}});
  CHECK(own.ask(TwoProviders::question()).error().hint.find("_GLM") != std::string::npos);
  // The next day begins with nothing spent.
  TwoProviders next("", {{"EXAI_DAILY_BUDGET_USD", "0.0000001"}});
  REQUIRE(next.ask(TwoProviders::question()));
  CHECK(next.ask(TwoProviders::question()).error().kind == ErrorKind::budget);
  next.clock.advance(Millis{24 * 3600 * 1000});
  CHECK(next.ask(TwoProviders::question()));
}

TEST_CASE("what was spent today survives a restart", "[router]") {
  auto store = store::open_sqlite(":memory:");
  REQUIRE(store);
  double spent = 0;
  {
    TwoProviders before("", "", {}, &(*store)->spend());
    REQUIRE(before.ask(TwoProviders::question()));
    REQUIRE(before.ask(TwoProviders::question("kimi-k2")));
    spent = before.spend->today();
    before.spend->flush();
  }
  CHECK(spent > 0);
  TwoProviders after("", "", {}, &(*store)->spend());
  CHECK(after.spend->today() == Approx(spent));
  CHECK(after.spend->today("kimi") < spent);
}

TEST_CASE("every request is one line of the log, a large one a warning", "[router]") {
  const tests::Scratch folder;
  io::LogOptions options;
  options.folder = folder.path();
  auto log = io::Log::open(std::move(options));
  REQUIRE(log);
  TwoProviders both("rules: [{reply: {status: 500}}]", "", {{"RETRY_ATTEMPTS", "1"}}, nullptr, log->get());
  models::ChatRequest request = TwoProviders::question();
  request.temperature = 0.3;
  request.needs.tokens = 120'000;
  for (int i = 0; i < 2; ++i) REQUIRE(both.ask(request));
  std::string text;
  const auto lines = io::tail_file(folder.path() / "mcp_server.log", 100);
  REQUIRE(lines);
  for (const std::string& line : *lines) text += line + "\n";
  for (const char* part :
       {"\"model.call\"", "\"tool\": \"chat\"", "\"model\": \"glm-4.6\"", "\"temperature\": \"0.3\"",
        "\"prompt_tokens\": \"120000\"", "\"model.prompt\"", "\"provider.retry\"", "\"provider.failover\"",
        "\"CIRCUIT_BREAKER\"", "closed -> open"}) {
    CAPTURE(part, text);
    CHECK(text.find(part) != std::string::npos);
  }
}
