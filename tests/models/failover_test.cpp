#include "tests/models/router_fixture.hpp"

using namespace exai;
using test::TwoProviders;

namespace {

const std::string k_fine = "rules: [{reply: {text: kimi says so}}]";

std::string always(const std::string& reply) {
  return "rules: [{reply: " + reply + "}]";
}

std::string nth(int number, const std::string& reply) {
  return "rules: [{match: {nth: " + std::to_string(number) + "}, reply: " + reply +
         "}, {reply: {text: at last}}]";
}

}  // namespace

TEST_CASE("every fault of a provider fails over to the other one", "[failover]") {
  const std::string fault =
      GENERATE("{status: 401}", "{status: 404}", "{status: 408}", "{status: 429, retry_after: 7}",
               "{status: 500}", "{status: 503}", "{text: x, fault: bad_json}", "{text: x, fault: wrong_type}",
               "{text: a few words, fault: reset}", "{text: x, fault: huge}", "{fault: silent}",
               "{text: late, first_byte: 60s}");
  const bool stream = GENERATE(false, true);
  CAPTURE(fault, stream);
  // What is streamed before the fault has reached the client, so nobody may begin anew.
  if (stream && (fault.find("reset") != std::string::npos || fault.find("bad_json") != std::string::npos))
    return;
  const bool silent = fault.find("silent") != std::string::npos || fault.find("late") != std::string::npos;
  TwoProviders both(always(fault), k_fine);
  const auto reply = both.ask(TwoProviders::question("glm-4.6", stream), Millis{silent ? 250 : 20000});
  if (!reply) FAIL(reply.error().message);
  CHECK(reply->content == "kimi says so");
  CHECK(reply->provider == "kimi");
  REQUIRE(reply->failed_attempts.size() == 1);
  CHECK(reply->failed_attempts[0].starts_with("glm/glm-4.6: "));
  CHECK(both.streamed == (stream ? "kimi says so" : ""));
  CHECK(both.metrics.render().find(R"(exai_failovers_total{from="glm",to="kimi"} 1)") != std::string::npos);
}

TEST_CASE("every fault of the only provider is a typed error in time", "[failover]") {
  const std::string fault =
      GENERATE("{status: 429}", "{status: 500}", "{status: 503}", "{text: some words, fault: truncate}",
               "{text: x, fault: bad_json}", "{text: some words, fault: reset}",
               "{text: x, fault: wrong_type}", "{text: x, fault: huge}", "{text: some words, fault: stall}",
               "{fault: silent}", "{text: late, first_byte: 60s}");
  const bool stream = GENERATE(false, true);
  CAPTURE(fault, stream);
  const bool silent = fault.find("silent") != std::string::npos || fault.find("late") != std::string::npos ||
                      fault.find("stall") != std::string::npos;
  TwoProviders one(always(fault));
  const auto reply = one.ask(TwoProviders::question("glm-4.6", stream), Millis{silent ? 100 : 20000});
  REQUIRE_FALSE(reply);
  CHECK_FALSE(reply.error().message.empty());
  CHECK(reply.error().kind != ErrorKind::internal);
  CHECK(one.clock.ahead() < Millis{20000});
}

TEST_CASE("a transient fault is retried after the configured delays", "[failover]") {
  TwoProviders one(nth(1, "{status: 503}"));
  const auto reply = one.ask(TwoProviders::question());
  REQUIRE(reply);
  CHECK(reply->content == "at last");
  CHECK(reply->failed_attempts.empty());
  CHECK(one.clock.ahead() == Millis{1000});
  CHECK(one.metrics.render().find(R"(exai_provider_retries_total{provider="glm",reason="failed"} 1)") !=
        std::string::npos);

  TwoProviders patient(always("{status: 503}"));
  CHECK_FALSE(patient.ask(TwoProviders::question(), Millis{60000}));
  CHECK(patient.glm->seen().size() == 4);  // then its circuit is open
  CHECK(patient.clock.ahead() == Millis{1000 + 3000 + 5000});

  TwoProviders retry_after(nth(1, "{status: 429, retry_after: 7}"));
  CHECK(retry_after.ask(TwoProviders::question()));
  CHECK(retry_after.clock.ahead() == Millis{7000});

  TwoProviders too_late(nth(1, "{status: 429, retry_after: 30}"));
  const auto busy = too_late.ask(TwoProviders::question());
  REQUIRE_FALSE(busy);
  CHECK(busy.error().kind == ErrorKind::busy);
  CHECK(busy.error().retry_after == Millis{30000});
  CHECK(too_late.clock.pauses() == 0);
}

TEST_CASE("the caller's mistake is neither retried nor sent to another provider", "[failover]") {
  TwoProviders both(always("{status: 400}"), k_fine);
  for (int i = 0; i < 6; ++i) {
    const auto reply = both.ask(TwoProviders::question());
    REQUIRE_FALSE(reply);
    CHECK(reply.error().kind == ErrorKind::provider);
  }
  CHECK(both.kimi->seen().empty());
  CHECK(both.glm->seen().size() == 6);
  CHECK(both.router->breakers().empty());
}

TEST_CASE("text that has reached the client is not sent twice", "[failover]") {
  TwoProviders both(always("{chunks: [one, ' two'], fault: reset}"), k_fine);
  const auto reply = both.ask(TwoProviders::question("glm-4.6", true));
  REQUIRE_FALSE(reply);
  CHECK(both.streamed == "one");
  CHECK(both.kimi->seen().empty());
  CHECK(both.glm->seen().size() == 1);
}

TEST_CASE("an open circuit answers at once, by the other provider or with a retry time", "[failover]") {
  TwoProviders one(always("{status: 500}"), {{"RETRY_ATTEMPTS", "0"}});
  for (int i = 0; i < 4; ++i) CHECK_FALSE(one.ask(TwoProviders::question()));
  const auto refused = one.ask(TwoProviders::question());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::busy);
  CHECK(refused.error().retry_after > Millis{100000});
  CHECK(one.glm->seen().size() == 4);
  REQUIRE(one.router->breakers().size() == 1);
  CHECK(one.metrics.render().find(R"(exai_circuit_breaker_state{model="glm-4.6",provider="glm"} 1)") !=
        std::string::npos);
  one.clock.advance(Millis{120001});
  CHECK_FALSE(one.ask(TwoProviders::question()));
  CHECK(one.glm->seen().size() == 5);

  TwoProviders both(always("{status: 500}"), k_fine, {{"RETRY_ATTEMPTS", "0"}});
  for (int i = 0; i < 6; ++i) CHECK(both.ask(TwoProviders::question()));
  CHECK(both.glm->seen().size() == 4);
  CHECK(both.kimi->seen().size() == 6);
}

TEST_CASE("a failover can be forbidden, by the request and by the settings", "[failover]") {
  models::ChatRequest request = TwoProviders::question();
  request.failover = false;
  TwoProviders both(always("{status: 401}"), k_fine);
  CHECK(both.ask(request).error().kind == ErrorKind::config);
  TwoProviders off(always("{status: 401}"), k_fine, {{"FALLBACK_ON_FAILURE", "false"}});
  CHECK(off.ask(TwoProviders::question()).error().kind == ErrorKind::config);
  CHECK(off.kimi->seen().empty());
}

TEST_CASE("a fallback model must be able to do what is asked", "[failover]") {
  TwoProviders both(always("{status: 401}"), k_fine);
  models::ChatRequest thinking = TwoProviders::question();
  thinking.thinking_mode = "high";
  REQUIRE(both.ask(thinking));
  CHECK(both.kimi->seen().back().body.find("kimi-thinking-preview") != std::string::npos);
  models::ChatRequest long_one = TwoProviders::question();
  long_one.needs.tokens = 500'000;
  CHECK_FALSE(both.ask(long_one));
  CHECK(both.kimi->seen().size() == 1);
  TwoProviders limited(always("{status: 401}"), k_fine, {{"KIMI_ALLOWED_MODELS", "kimi-latest"}});
  const auto reply = limited.ask(TwoProviders::question());
  REQUIRE(reply);
  CHECK(reply->model == "kimi-latest");
}

TEST_CASE("when all fail, the first failure is reported with the others", "[failover]") {
  TwoProviders both(always("{status: 401}"), always("{status: 401}"));
  const auto reply = both.ask(TwoProviders::question());
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::config);
  CHECK(reply.error().hint.find("GLM_API_KEY") != std::string::npos);
  CHECK(reply.error().message.find("kimi/kimi-k2-0905-preview") != std::string::npos);
}

TEST_CASE("requests other than chat are retried only when that is safe", "[failover]") {
  const auto script = [](const char* fault) {
    return std::string("rules: [{match: {path: /files, nth: 1}, reply: ") + fault +
           "}, {match: {path: /files}, reply: {text: listed}}]";
  };
  models::ProviderRequest ask;
  ask.provider = "glm";
  ask.path = "/files";
  const std::string fault = GENERATE("{status: 503}", "{status: 429}", "{text: some words, fault: reset}",
                                     "{text: some words, fault: truncate}");
  CAPTURE(fault);
  TwoProviders again(script(fault.c_str()));
  const Deadline soon = Deadline::after(Millis{20000}, again.clock);
  const auto answer = again.router->ask(*again.runtime, ask, soon, {});
  const bool cut = fault.find("truncate") != std::string::npos;
  if (!cut) {
    REQUIRE(answer);
    CHECK(again.glm->seen().size() == 2);
  }
  ask.repeatable = false;
  TwoProviders once(script(fault.c_str()));
  CHECK_FALSE(once.router->ask(*once.runtime, ask, Deadline::after(Millis{20000}, once.clock), {}));
  CHECK(once.glm->seen().size() == 1);
}

TEST_CASE("a cancelled call ends while it waits to retry", "[failover]") {
  TwoProviders one(always("{status: 503}"));
  one.stop.request_stop();
  const auto reply = one.ask(TwoProviders::question());
  REQUIRE_FALSE(reply);
  CHECK(reply.error().kind == ErrorKind::cancelled);
}

TEST_CASE("every fault of a request other than chat is a typed error in time", "[failover]") {
  const std::string fault =
      GENERATE("{status: 401}", "{status: 429, retry_after: 60}", "{status: 500}", "{status: 503}",
               "{text: some words, fault: truncate}", "{text: some words, fault: reset}",
               "{text: some words, fault: stall}", "{fault: silent}", "{text: x, fault: huge}");
  CAPTURE(fault);
  const bool silent = fault.find("silent") != std::string::npos || fault.find("stall") != std::string::npos;
  TwoProviders one("rules: [{match: {path: /files}, reply: " + fault + "}]");
  models::ProviderRequest ask;
  ask.provider = "glm";
  ask.path = "/files";
  const Deadline until = Deadline::after(Millis{silent ? 100 : 20000}, one.clock);
  const auto answer = one.router->ask(*one.runtime, ask, until, {});
  REQUIRE_FALSE(answer);
  CHECK(answer.error().kind != ErrorKind::internal);
  CHECK(one.clock.ahead() < Millis{20000});
  if (fault.find("huge") != std::string::npos) CHECK(one.glm->seen().size() == 1);
}
