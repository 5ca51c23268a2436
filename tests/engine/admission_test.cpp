#include "engine/admission.hpp"

#include "models/permits.hpp"
#include "tests/catch.hpp"

#include <thread>

using namespace exai;
using namespace exai::engine;
using namespace exai::models;
using Verdict = Admission::Verdict;

TEST_CASE("permits of session and server are counted apart", "[serve][admission]") {
  Admission admission({3, 2, 4});
  const Steady now{};
  CHECK(admission.request(1, "a", now, now) == Verdict::granted);
  CHECK(admission.request(2, "a", now, now) == Verdict::granted);
  CHECK(admission.request(3, "a", now, now) == Verdict::session_full);
  CHECK(admission.request(4, "b", now, now) == Verdict::granted);
  CHECK(admission.request(5, "c", now, now) == Verdict::server_full);
  CHECK(admission.release("a").empty());
  CHECK(admission.in_use() == 2);
  CHECK(admission.request(6, "c", now, now) == Verdict::granted);
}

TEST_CASE("a waiting call gets the next permit in order, unless its own session is full",
          "[serve][admission]") {
  Admission admission({2, 1, 4});
  const Steady now{}, later = now + Millis{250};
  CHECK(admission.request(1, "a", now, later) == Verdict::granted);
  CHECK(admission.request(2, "b", now, later) == Verdict::granted);
  CHECK(admission.request(3, "a", now, later) == Verdict::waiting);
  CHECK(admission.request(4, "c", now, later) == Verdict::waiting);
  CHECK(admission.release("b") == std::vector<Admission::Ticket>{4});
  CHECK(admission.release("a") == std::vector<Admission::Ticket>{3});
  CHECK(admission.in_use("a") == 1);
}

TEST_CASE("waiting ends in time, by withdrawal and at the line's bound", "[serve][admission]") {
  Admission admission({1, 1, 2});
  Steady now{};
  CHECK(admission.request(1, "a", now, now + Millis{250}) == Verdict::granted);
  CHECK(admission.request(2, "b", now, now + Millis{250}) == Verdict::waiting);
  CHECK(admission.request(3, "c", now, now + Millis{500}) == Verdict::waiting);
  CHECK(admission.request(4, "d", now, now + Millis{250}) == Verdict::server_full);
  CHECK(admission.next_expiry() == now + Millis{250});
  CHECK(admission.expired(now + Millis{249}).empty());
  CHECK(admission.expired(now + Millis{250}) == std::vector<Admission::Ticket>{2});
  CHECK(admission.withdraw(3));
  CHECK_FALSE(admission.withdraw(3));
  CHECK(admission.release("a").empty());
  CHECK(admission.in_use() == 0);
}

TEST_CASE("a provider permit comes back by scope; waiting ends busy or cancelled", "[serve][permits]") {
  ProviderPermits permits;
  permits.set_limit("glm", 1);
  const auto soon = [] { return Deadline::after(Millis{20}); };
  {
    const Result<Permit> held = permits.acquire("glm", soon(), {}, Millis{1000});
    REQUIRE(held);
    const Result<Permit> second = permits.acquire("glm", soon(), {}, Millis{1000});
    REQUIRE_FALSE(second);
    CHECK(second.error().kind == ErrorKind::busy);
    CHECK(second.error().retry_after == Millis{1000});
    std::stop_source stop;
    stop.request_stop();
    CHECK(permits.acquire("glm", Deadline::after(Millis{60000}), stop.get_token(), Millis{0}).error().kind ==
          ErrorKind::cancelled);
    CHECK(permits.rows()[0].in_use == 1);
  }
  CHECK(permits.rows()[0].in_use == 0);
  CHECK(permits.acquire("glm", soon(), {}, Millis{0}));
}
