// The health check against what the server itself writes, and against what others may answer there.
#include "checks/measure/health_answer.hpp"

#include "serve/health.hpp"
#include "tests/catch.hpp"

using namespace exai;
using checks::judge_health_answer;

namespace {

CheckResult judged(const serve::HealthFacts& facts) {
  const serve::HealthReport report = serve::judge_health(facts);
  return judge_health_answer(report.healthy ? 200 : 503, report.body, "http://h/health");
}

}  // namespace

TEST_CASE("the health check says of each report what the server meant, and names what is not well",
          "[health]") {
  serve::HealthFacts facts;
  facts.disk_total = facts.disk_available = facts.memory_total = facts.memory_available = 100;
  CHECK(judged(facts).status == Status::pass);

  facts.disk_available = 14.8;
  const CheckResult degraded = judged(facts);
  CHECK(degraded.status == Status::warn);
  CHECK(degraded.summary == "degraded: disk (85.2 % used)");
  CHECK(degraded.hint == "curl -i http://h/health");

  facts.storage = fail(ErrorKind::invalid, "database is locked");
  const CheckResult unhealthy = judged(facts);
  CHECK(unhealthy.status == Status::fail);
  CHECK(unhealthy.summary == "unhealthy: disk (85.2 % used), storage (database is locked)");
}

TEST_CASE("an answer that is not a health report never passes", "[health]") {
  struct Row {
    int status;
    const char* body;
    const char* summary;
  };
  const auto row = GENERATE(values<Row>({
      {200, "", "answered 200 without a health report"},
      {200, "null", "answered 200 without a health report"},
      {200, "[]", "answered 200 without a health report"},
      {200, "{", "answered 200 without a health report"},
      {200, "<html>healthy</html>", "answered 200 without a health report"},
      {200, R"({"status":true})", "answered 200 without a health report"},
      {200, R"({"status":"Healthy"})", "answered 200 without a health report"},
      {404, R"({"error":"not found"})", "answered 404 without a health report"},
      {500, R"({"status":"healthy"})", "answered 500, and says healthy"},
      {404, R"({"status":"degraded"})", "answered 404, and says degraded"},
      {503, R"({"status":"unhealthy"})", "unhealthy"},
      {503, R"({"status":"unhealthy","components":[1]})", "unhealthy"},
      {503, R"({"status":"unhealthy","components":{"a":1,"b":{"status":"healthy"},"c":{}}})",
       "unhealthy: a, c"},
  }));
  const CheckResult result = judge_health_answer(row.status, row.body, "u");
  CAPTURE(row.status, row.body);
  CHECK(result.status == Status::fail);
  CHECK(result.summary == row.summary);
}
