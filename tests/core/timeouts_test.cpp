#include "core/timeouts.hpp"

#include "tests/catch.hpp"

#include <fmt/core.h>

using namespace exai;
using timeouts::Layer;

namespace {

Config with(std::vector<RawSetting> values) {
  std::vector<Finding> findings;
  const Config config = Config::build({{OriginKind::flag, "", std::move(values)}}, findings);
  REQUIRE(findings.empty());
  return config;
}

struct Row {
  const char* workflow;
  const char* profile;
  long long daemon, shim, client;  // milliseconds
};

timeouts::Verdict judged(const Config& config, const char* profile) {
  const auto found = timeouts::find_profile(config, profile);
  REQUIRE(found);
  const auto verdict = timeouts::judge(config, *found);
  REQUIRE(verdict);
  return *verdict;
}

bool finds(const timeouts::Verdict& verdict, std::string_view rule, Status severity) {
  return std::any_of(verdict.findings.begin(), verdict.findings.end(), [&](const Finding& finding) {
    return finding.rule == rule && finding.severity == severity;
  });
}

}  // namespace

// Values that were computed by hand from the rules of each profile.
TEST_CASE("the documented vectors come out to the millisecond", "[core][timeouts]") {
  const Row row = GENERATE(values<Row>({{"45s", "runbook", 67'500, 90'000, 112'500},
                                        {"45s", "deploy-guide", 67'500, 101'250, 151'875},
                                        {"300s", "runbook", 450'000, 600'000, 750'000},
                                        {"300s", "deploy-guide", 450'000, 675'000, 1'012'500},
                                        {"180s", "runbook", 270'000, 360'000, 450'000},
                                        {"180s", "deploy-guide", 270'000, 405'000, 607'500},
                                        {"120s", "runbook", 180'000, 240'000, 300'000},
                                        {"45s", "strict-chain", 67'500, 101'250, 151'875},
                                        {"64s", "minimum", 80'000, 100'000, 125'000}}));
  INFO(row.workflow << " " << row.profile);
  const Config config = with(
      {{"timeouts.workflow", row.workflow, 0}, {"timeouts.simple", "10s", 0}, {"timeouts.expert", "20s", 0}});
  const auto profile = timeouts::find_profile(config, row.profile);
  REQUIRE(profile);
  const auto values = timeouts::resolve(config, *profile);
  REQUIRE(values);
  CHECK((*values)[Layer::daemon] == Millis{row.daemon});
  CHECK((*values)[Layer::shim] == Millis{row.shim});
  CHECK((*values)[Layer::client] == Millis{row.client});
  CHECK(judged(config, row.profile).status() != Status::fail);
}

TEST_CASE("the defaults satisfy every profile without a warning", "[core][timeouts]") {
  for (const timeouts::Profile& profile : timeouts::built_in_profiles()) {
    INFO(profile.name);
    CHECK(judged(Config::defaults(), profile.name.c_str()).findings.empty());
  }
}

TEST_CASE("a broken hierarchy names the layer, both values and the fix", "[core][timeouts]") {
  const timeouts::Verdict verdict = judged(with({{"timeouts.simple", "400s", 0}}), "runbook");
  REQUIRE(verdict.status() == Status::fail);
  REQUIRE(finds(verdict, "timeouts.simple-below-workflow", Status::fail));
  const Finding& finding = verdict.findings.front();
  CHECK(finding.message.find("simple (6m40s)") != std::string::npos);
  CHECK(finding.message.find("workflow (5m)") != std::string::npos);
  CHECK(finding.hint.find("SIMPLE_TOOL_TIMEOUT_SECS") != std::string::npos);
}

TEST_CASE("each invariant is judged", "[core][timeouts]") {
  CHECK(finds(judged(with({{"timeouts.http", "60s", 0}}), "runbook"), "timeouts.http-covers-workflow",
              Status::fail));
  CHECK(finds(judged(with({{"glm.timeout", "10m", 0}}), "runbook"), "timeouts.provider-within-workflow",
              Status::warn));
  CHECK(finds(judged(with({{"timeouts.simple", "3s", 0}}), "runbook"), "timeouts.simple-not-below-5s",
              Status::warn));
  const Config guide = with({{"timeouts.simple", "30s", 0},
                             {"timeouts.workflow", "45s", 0},
                             {"timeouts.expert", "60s", 0},
                             {"kimi.timeout", "30s", 0},
                             {"glm.timeout", "30s", 0}});
  CHECK(finds(judged(guide, "runbook"), "timeouts.expert-below-workflow", Status::warn));
  CHECK_FALSE(finds(judged(guide, "deploy-guide"), "timeouts.expert-below-workflow", Status::warn));
  CHECK(finds(judged(guide, "runbook"), "timeouts.expert-thinking-within-daemon", Status::warn));
}

TEST_CASE("a derived layer set by hand is ignored with a warning, or judged where the profile allows it",
          "[core][timeouts]") {
  const Config config = with({{"timeouts.daemon", "310s", 0}});
  CHECK(finds(judged(config, "runbook"), "timeouts.ignored", Status::warn));
  CHECK(judged(config, "runbook").rows[5].value == Millis{450'000});
  CHECK(finds(judged(config, "strict-chain"), "timeouts.daemon-relation", Status::fail));
  CHECK(judged(config, "strict-chain").rows[5].value == Millis{310'000});
  CHECK_FALSE(finds(judged(with({{"timeouts.daemon", "460s", 0},
                                 {"timeouts.shim", "700s", 0},
                                 {"timeouts.client", "1100s", 0}}),
                           "strict-chain"),
                    "timeouts.daemon-relation", Status::fail));
}

TEST_CASE("a ratio that gives no whole millisecond is refused, never rounded", "[core][timeouts]") {
  const Config config = with({{"timeouts.workflow", "45001ms", 0}});
  const auto profile = timeouts::find_profile(config, "runbook");
  const auto values = timeouts::resolve(config, *profile);
  REQUIRE_FALSE(values);
  CHECK(values.error().kind == ErrorKind::config);
  CHECK(values.error().message.find("daemon") != std::string::npos);
}

namespace {

Node scalar(std::string text) {
  Node node;
  node.kind = Node::Kind::scalar;
  node.scalar = std::move(text);
  node.where = {"exai.yaml", 7, 1};
  return node;
}

Node map(std::vector<NodeField> fields) {
  Node node;
  node.kind = Node::Kind::map;
  node.fields = std::move(fields);
  node.where = {"exai.yaml", 7, 1};
  return node;
}

}  // namespace

TEST_CASE("a profile of exai.yaml has ratios as fractions, modes and own severities", "[core][timeouts]") {
  Config config = with({{"timeouts.daemon", "400s", 0}, {"timeouts.shim", "600s", 0}});
  const Node range = map({{"of", scalar("workflow")},
                          {"ratio", scalar("5/4")},
                          {"max", scalar("3/2")},
                          {"mode", scalar("range")}});
  Node rules;
  rules.kind = Node::Kind::list;
  rules.items.push_back(map({{"left", scalar("simple")},
                             {"op", scalar("<=")},
                             {"right", scalar("50s")},
                             {"severity", scalar("warn")}}));
  config.set_timeout_profiles(map({{"ours", map({{"override", scalar("true")},
                                                 {"relations", map({{"daemon", range}})},
                                                 {"invariants", rules}})}}));
  const timeouts::Verdict verdict = judged(config, "ours");
  CHECK_FALSE(finds(verdict, "timeouts.daemon-relation", Status::fail));
  CHECK(finds(verdict, "timeouts.simple<=50s", Status::warn));

  config.set_timeout_profiles(
      map({{"ours", map({{"relations", map({{"daemon", map({{"ratio", scalar("1.5")}})}})}})}}));
  const auto bad = timeouts::find_profile(config, "ours");
  REQUIRE_FALSE(bad);
  CHECK(bad.error().where->line == 7);
  CHECK(bad.error().hint.find("3/2") != std::string::npos);
}

TEST_CASE("an unknown profile names the nearest", "[core][timeouts]") {
  const auto found = timeouts::find_profile(Config::defaults(), "runbok");
  REQUIRE_FALSE(found);
  CHECK(found.error().hint == "did you mean runbook?");
}
