#include "models/breaker.hpp"

#include "models/retry.hpp"
#include "tests/catch.hpp"

using namespace exai;
using namespace exai::models;
using models::Breakers;
using models::Circuit;

namespace {

const models::CircuitRules k_rules{true, 3, Millis{1000}};

struct Changes {
  std::vector<std::string> seen;
  Breakers breakers{[this](const Breakers::Row& row, Circuit before) {
    seen.push_back(std::string(to_string(before)) + ">" + std::string(to_string(row.state)));
  }};
  Steady now{};
  void fail() { breakers.failed("glm", "glm-4.6", k_rules, now); }
  Breakers::Entry enter() { return breakers.enter("glm", "glm-4.6", k_rules, now); }
};

}  // namespace

TEST_CASE("a circuit opens after failures in a row, and one trial call closes it later", "[breaker]") {
  Changes one;
  one.fail();
  one.fail();
  one.breakers.succeeded("glm", "glm-4.6", one.now);  // a success forgets what was before
  one.fail();
  one.fail();
  CHECK(one.enter().allowed);
  one.fail();
  const auto refused = one.enter();
  CHECK_FALSE(refused.allowed);
  CHECK(refused.retry_after == Millis{1000});
  CHECK(refused.failures == 3);
  CHECK(one.breakers.enter("glm", "glm-4.5", k_rules, one.now).allowed);
  CHECK(one.breakers.enter("kimi", "glm-4.6", k_rules, one.now).allowed);

  one.now += Millis{1000};
  const auto probe = one.enter();
  CHECK(probe.allowed);
  CHECK(probe.probe);
  CHECK_FALSE(one.enter().allowed);  // one at a time
  one.fail();
  CHECK_FALSE(one.enter().allowed);
  one.now += Millis{1000};
  CHECK(one.enter().probe);
  one.breakers.left("glm", "glm-4.6", true);  // cancelled: the next one tries
  CHECK(one.enter().probe);
  one.breakers.succeeded("glm", "glm-4.6", one.now);
  CHECK(one.enter().allowed);
  CHECK(one.breakers.rows(one.now).empty());
  CHECK(one.seen == std::vector<std::string>{"closed>open", "open>half_open", "half_open>open",
                                             "open>half_open", "half_open>closed"});
}

TEST_CASE("made-up names do not fill the memory", "[breaker]") {
  Breakers breakers;
  for (int i = 0; i < 2000; ++i) breakers.failed("glm", "m" + std::to_string(i), k_rules, Steady{});
  CHECK(breakers.rows(Steady{}).size() <= 256);
}

TEST_CASE("a breaker that is switched off lets everything pass", "[breaker]") {
  Breakers breakers;
  const models::CircuitRules off{false, 1, Millis{1000}};
  for (int i = 0; i < 5; ++i) breakers.failed("glm", "x", off, Steady{});
  CHECK(breakers.enter("glm", "x", off, Steady{}).allowed);
}

TEST_CASE("waits grow, vary, honour what the provider asks and end before the deadline", "[breaker]") {
  models::RetryRules rules;
  CHECK(next_wait(rules, 0, Millis{0}, Millis{60000}, 0.5) == Millis{1000});
  CHECK(next_wait(rules, 1, Millis{0}, Millis{60000}, 0.5) == Millis{3000});
  CHECK(next_wait(rules, 3, Millis{0}, Millis{60000}, 0.5) == Millis{8000});
  CHECK_FALSE(next_wait(rules, 4, Millis{0}, Millis{60000}, 0.5));
  CHECK(next_wait(rules, 0, Millis{0}, Millis{60000}, 0.0) == Millis{800});
  CHECK(next_wait(rules, 0, Millis{0}, Millis{60000}, 1.0) == Millis{1200});
  CHECK(next_wait(rules, 0, Millis{7000}, Millis{60000}, 0.5) == Millis{7000});
  CHECK_FALSE(next_wait(rules, 0, Millis{7000}, Millis{6000}, 0.5));
  CHECK_FALSE(next_wait(rules, 0, Millis{0}, Millis{900}, 0.5));
  rules.delays.clear();
  CHECK(next_wait(rules, 0, Millis{0}, Millis{900}, 0.5) == Millis{0});
}

TEST_CASE("failures are classified by who failed", "[breaker]") {
  using models::Failure;
  const auto judged = [](ErrorKind kind, int status) {
    models::Attempt attempt;
    attempt.status = status;
    return models::judge_failure(make_error(kind, "x"), attempt);
  };
  CHECK(judged(ErrorKind::provider, 400) == Failure::caller);
  CHECK(judged(ErrorKind::provider, 408) == Failure::failed);
  CHECK(judged(ErrorKind::provider, 500) == Failure::failed);
  CHECK(judged(ErrorKind::provider, 200) == Failure::nonsense);
  CHECK(judged(ErrorKind::busy, 429) == Failure::limited);
  CHECK(judged(ErrorKind::busy, 0) == Failure::no_permit);
  CHECK(judged(ErrorKind::config, 401) == Failure::setup);
  CHECK(judged(ErrorKind::budget, 0) == Failure::caller);
  CHECK(judged(ErrorKind::cancelled, 0) == Failure::cancelled);
  for (const Failure mild : {Failure::caller, Failure::setup, Failure::limited, Failure::cancelled})
    CHECK_FALSE(models::counts(mild));
}

TEST_CASE("a circuit opened by another server is open here, tried here, and told only when that is news",
          "[breaker][shared]") {
  Changes one;
  one.breakers.opened_elsewhere("glm", "glm-4.6", 5, Millis{400}, one.now);
  CHECK(one.breakers.changes(one.now).empty());  // they know
  CHECK_FALSE(one.enter().allowed);
  CHECK(one.enter().retry_after == Millis{400});
  one.breakers.opened_elsewhere("glm", "glm-4.6", 5, Millis{90000},
                                one.now);  // heard again: what is known stays
  one.now += Millis{400};
  CHECK(one.enter().probe);
  one.breakers.succeeded("glm", "glm-4.6", one.now);
  // The others still say that it is open, until they hear that it is not.
  one.breakers.opened_elsewhere("glm", "glm-4.6", 5, Millis{90000}, one.now);
  CHECK(one.enter().allowed);
  auto told = one.breakers.changes(one.now);
  REQUIRE(told.size() == 1);
  CHECK(told[0].state == Circuit::closed);
  CHECK(told[0].retry_after == Millis{0});
  for (int i = 0; i < 3; ++i) one.fail();
  told = one.breakers.changes(one.now);
  REQUIRE(told.size() == 1);
  CHECK(told[0].state == Circuit::open);
  CHECK(told[0].retry_after == Millis{1000});
  CHECK(one.breakers.changes(one.now).empty());
}
