#include "serve/health.hpp"

#include "tests/catch.hpp"

#include <nlohmann/json.hpp>

using namespace exai;

TEST_CASE("health names the circuits that are open and is degraded by them, not broken", "[breaker]") {
  serve::HealthFacts facts;
  facts.disk_total = facts.disk_available = facts.memory_total = facts.memory_available = 1;
  const auto fine = Json::parse(serve::judge_health(facts).body);
  CHECK(fine["components"]["providers"]["status"] == "healthy");
  facts.breakers.push_back({"glm", "glm-4.6", "open", 4, Millis{90000}});
  const auto report = serve::judge_health(facts);
  CHECK(report.healthy);
  const auto body = Json::parse(report.body);
  CHECK(body["status"] == "degraded");
  CHECK(body["components"]["providers"]["circuits"][0]["model"] == "glm-4.6");
  CHECK(body["components"]["providers"]["circuits"][0]["retry_after_seconds"] == 90);
}
