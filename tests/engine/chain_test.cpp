#include "core/registry.hpp"
#include "engine/link.hpp"
#include "tests/catch.hpp"
#include "tests/serve/test_server.hpp"

using namespace exai;
using namespace exai::engine;
using namespace exai::tests;

namespace {

constexpr std::string_view k_forbidden = "test_forbidden";

/// Refuses one job by its name, after it has a permit.
class ForbidLink final : public CallLink {
 public:
  void enter(const SharedCall& call, Next next) override {
    if (call->job().name == k_forbidden)
      return next.refuse(call, make_error(ErrorKind::refused, "the policy of the test says no"));
    next(call);
  }
};

const Registered<CallPolicy> k_forbid{CallPolicy{
    .id = "test_forbid",
    .make = [](const CallServices&) -> std::unique_ptr<CallLink> { return std::make_unique<ForbidLink>(); }}};

/// One call, and how it ended.
struct Observed final : CallSink {
  void on_started(Millis /*budget*/) override { started = true; }
  void on_progress(const Progress& /*progress*/) override {}
  void on_finished(CallOutcome outcome) override { ended.set_value(std::move(outcome)); }
  std::atomic<bool> started{false};
  std::promise<CallOutcome> ended;
};

struct Ended {
  CallOutcome outcome;
  bool started = false;
};

Ended call(TestServer& server, const Job& job, Scope scope = Scope::admin) {
  const auto sink = std::make_shared<Observed>();
  server.on_loop([&] {
    CallSpec spec;
    spec.job = std::make_shared<const Job>(job);
    spec.caller.principal = {"laptop", scope};
    spec.caller.session = "s";
    server.engine().start(std::move(spec), sink);
  });
  auto ended = sink->ended.get_future();
  REQUIRE(ended.wait_for(std::chrono::seconds(5)) == std::future_status::ready);
  return {ended.get(), sink->started};
}

Job job_of(std::string name, Work work, Scope scope = Scope::viewer) {
  return {.name = std::move(name), .work = work, .scope = scope, .run = [](CallContext&) {
            ToolOutput output;
            return Result<CallAnswer>(std::move(output));
          }};
}

}  // namespace

TEST_CASE("a call runs when every link hands it on", "[engine][chain]") {
  TestServer server;
  for (const Work work : {Work::inline_, Work::blocking}) {
    const Ended ended = call(server, job_of("test_fine", work, Scope::operator_), Scope::operator_);
    CHECK(ended.started);
    CHECK(ended.outcome.result);
  }
}

TEST_CASE("a caller without the scope of a job does not run it, and takes no permit", "[engine][chain]") {
  TestServer server(Settings{{"limits.global", "1"}});
  for (const Work work : {Work::inline_, Work::blocking}) {
    const Ended ended = call(server, job_of("test_fine", work, Scope::admin), Scope::operator_);
    CHECK_FALSE(ended.started);
    CHECK_FALSE(ended.outcome.ran);
    REQUIRE_FALSE(ended.outcome.result);
    const Error& error = ended.outcome.result.error();
    CHECK(error.kind == ErrorKind::refused);
    CHECK(error.needed_scope == Scope::admin);
    CHECK(error.message == "the key laptop has the scope operator, but test_fine needs admin");
  }
  CHECK(server.parts().in_flight.calls == 0);
  std::string metrics;
  server.on_loop([&] { metrics = server.parts().metrics_text(); });
  CHECK(metrics.find("outcome=\"refused\"") != std::string::npos);
}

TEST_CASE("a policy that refuses a call gives its permit back", "[engine][chain]") {
  TestServer server(Settings{{"limits.global", "1"}});
  for (int i = 0; i < 3; ++i) {
    const Ended ended = call(server, job_of(std::string(k_forbidden), Work::blocking));
    CHECK_FALSE(ended.started);
    REQUIRE_FALSE(ended.outcome.result);
    CHECK(ended.outcome.result.error().message == "the policy of the test says no");
  }
  CHECK(call(server, job_of("test_fine", Work::blocking)).outcome.result);
  server.on_loop([] {});  // the thread's last message is taken in before
  CHECK(server.parts().in_flight.calls == 0);
}
