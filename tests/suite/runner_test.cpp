// Cases run against a client that answers as a test wants it: order, budgets, retries, sessions, a stop.
#include "suite/run/runner.hpp"

#include "models/cassette/player.hpp"
#include "suite/report/case_results.hpp"
#include "suite/report/html.hpp"
#include "tests/catch.hpp"

#include <atomic>
#include <mutex>

namespace exai::suite {
namespace {

using mcp::client::McpClient;
using Answering = std::function<Result<Json>(const std::string& tool, const Json& arguments)>;

Json text_result(const std::string& text) {
  return {{"content", Json::array({{{"type", "text"}, {"text", text}}})}};
}

class StubClient final : public McpClient {
 public:
  explicit StubClient(Answering answering) : answering_(std::move(answering)) {}
  [[nodiscard]] const mcp::client::McpServerInfo& server() const override { return info_; }
  Result<Json> list(mcp::client::McpList, Deadline, std::stop_token) override { return Json::array(); }
  Result<Json> call_tool(const std::string& name, const Json& arguments, Deadline, std::stop_token) override {
    return answering_(name, arguments);
  }
  Result<Json> get_prompt(const std::string&, const Json&, Deadline, std::stop_token) override {
    return Json();
  }
  Result<Json> read_resource(const std::string&, Deadline, std::stop_token) override { return Json(); }
  Result<void> ping(Deadline) override { return {}; }

 private:
  Answering answering_;
  mcp::client::McpServerInfo info_;
};

/// A server of that answer, and how many sessions were opened with it.
struct Stub {
  Answering answering;
  std::atomic<int> opened{0};
  RunnerOptions options{};
  std::stop_source stop{};
  models::VirtualClock clock{Wall{}};

  SuiteRun run(const std::vector<TestCase>& cases) {
    const SessionOpener open = [this](mcp::client::McpObserver, Deadline,
                                      std::stop_token) -> Result<std::unique_ptr<McpClient>> {
      ++opened;
      return std::make_unique<StubClient>(answering);
    };
    options.deadline = Deadline::after(std::chrono::hours(1), clock);
    return run_cases(cases, open, {}, options, clock, stop.get_token());
  }
};

TestCase one_call(std::string name, Json arguments = Json::object()) {
  TestCase test;
  test.tool = "chat";
  test.variation = "edge_cases";
  test.name = std::move(name);
  test.calls.emplace_back();
  test.calls[0].tool = "chat";
  test.calls[0].arguments = std::move(arguments);
  return test;
}

std::vector<TestCase> many(int count) {
  std::vector<TestCase> cases;
  for (int index = 0; index < count; ++index)
    cases.push_back(one_call(std::to_string(index), {{"n", index}}));
  return cases;
}

Result<Json> echo(const std::string&, const Json& arguments) {
  return text_result(dump_json({{"echo", arguments}, {"id", "id of " + dump_json(arguments)}}));
}

std::string outcomes(const SuiteRun& run) {
  std::string letters;
  for (const CaseResult& result : run.results) letters += std::string(store::to_string(result.outcome))[0];
  return letters;
}

TEST_CASE("results stand in the order of the cases, whatever the jobs", "[suite]") {
  const auto every_third_fails = [](const std::string& tool, const Json& arguments) -> Result<Json> {
    if (arguments.value("n", 0) % 3 == 2) return text_result("{\"status\":\"chat_failed\"}");
    return echo(tool, arguments);
  };
  for (const unsigned jobs : {1U, 4U}) {
    Stub stub{every_third_fails};
    stub.options.jobs = jobs;
    CHECK(outcomes(stub.run(many(12))) == "PPFPPFPPFPPF");
    CHECK(stub.opened <= int(jobs));
  }
}

TEST_CASE("a value is captured and used, and what is missing fails the case", "[suite]") {
  TestCase test = one_call("continued", {{"a", 1}});
  test.calls[0].captures = {{"ID", "/id"}};
  test.calls.push_back(test.calls[0]);
  test.calls[1].captures.clear();
  test.calls[1].arguments = {{"before", "${ID}"}, {"file", "${FIXTURES}/x"}};
  test.calls[1].assertions = {{"/echo/before", Assertion::Op::equals, "id of {\"a\":1}"},
                              {"/echo/file", Assertion::Op::equals, "/files/x"}};
  TestCase without = test;
  without.calls[0].captures = {{"ID", "/nothing"}};
  Stub stub{echo};
  stub.options.fixtures = "/files";
  const SuiteRun run = stub.run({test, without});
  CHECK(outcomes(run) == "PF");
  CHECK(run.results[1].reason == "call 1: /nothing exists, for the call after: there is none");
}

TEST_CASE("what is lacking is skipped with the reason, and is no pass", "[suite]") {
  TestCase needs = one_call("needs");
  needs.needs = {"kimi"};
  TestCase unknown = one_call("unknown");
  unknown.needs = {"a moon"};
  TestCase no = one_call("no");
  no.skip = "it has no moon";
  no.calls.clear();
  Stub stub{echo};
  stub.options.has = {{"kimi", "the server has no key of it"}};
  const SuiteRun run = stub.run({needs, unknown, no});
  CHECK(outcomes(run) == "SSS");
  CHECK(run.results[0].reason == "needs kimi: the server has no key of it");
  CHECK(run.results[2].reason == "it has no moon");
  CHECK_FALSE(run.pass_rate());
  const auto results = case_results({needs, unknown, no}, run, 0);
  CHECK(results.back().status == Status::unknown);
}

TEST_CASE("what cannot be asked is an error, and its session is opened anew", "[suite]") {
  std::atomic<int> calls{0};
  Stub stub{[&](const std::string& tool, const Json& arguments) -> Result<Json> {
    if (++calls == 2) return fail(ErrorKind::unreachable, "the connection ended");
    return echo(tool, arguments);
  }};
  const SuiteRun run = stub.run(many(3));
  CHECK(outcomes(run) == "PEP");
  CHECK(stub.opened == 2);
}

TEST_CASE("what passes the second time is flaky", "[suite]") {
  std::map<std::string, int> seen;
  Stub stub{[&](const std::string& tool, const Json& arguments) -> Result<Json> {
    const int time = ++seen[dump_json(arguments)];
    if (arguments["n"] == 0 || (arguments["n"] == 1 && time == 1)) return text_result("");
    return echo(tool, arguments);
  }};
  stub.options.retry_failed = true;
  const SuiteRun run = stub.run(many(3));
  CHECK(outcomes(run) == "FPP");
  CHECK(run.results[1].flaky);
  CHECK_FALSE(run.results[2].flaky);
  CHECK(case_results(many(3), run, 90)[1].status == Status::warn);
}

TEST_CASE("budgets end a run, and what is left has not run", "[suite]") {
  Stub costs{[](const std::string&, const Json&) -> Result<Json> {
    return text_result(
        R"({"content":"a whole answer","metadata":{"cost_usd":0.4,"usage":{"prompt_tokens":2,"completion_tokens":3}}})");
  }};
  costs.options.max_cost_usd = 1.0;
  const SuiteRun spent = costs.run(many(10));
  CHECK(outcomes(spent) == "PPPSSSSSSS");
  CHECK(spent.stopped == SuiteRun::Stopped::cost);
  CHECK(spent.cost_usd == Approx(1.2));
  CHECK(spent.results[0].tokens == 5);
  Stub fails{[](const std::string&, const Json&) -> Result<Json> { return text_result(""); }};
  fails.options.stop_failure_rate = 50;
  const SuiteRun stopped = fails.run(many(20));
  CHECK(stopped.stopped == SuiteRun::Stopped::failure_rate);
  CHECK(outcomes(stopped) == std::string(10, 'F') + std::string(10, 'S'));
  Report report;
  report.results = case_results(many(20), stopped, 0);
  CHECK(exit_code(report, false) == ExitCode::budget);
}

TEST_CASE("a stop hands back what was done", "[suite]") {
  Stub stub{echo};
  stub.answering = [&](const std::string& tool, const Json& arguments) {
    if (arguments["n"] == 2) stub.stop.request_stop();
    return echo(tool, arguments);
  };
  const SuiteRun run = stub.run(many(5));
  CHECK(outcomes(run) == "PPSSS");
  CHECK(run.stopped == SuiteRun::Stopped::interrupted);
  CHECK(run.results[2].reason == "not run: interrupted");
}

TEST_CASE("copies are asked in sessions of their own", "[suite]") {
  TestCase test = one_call("at once");
  test.calls[0].copies = 3;
  std::atomic<int> calls{0};
  Stub stub{[&](const std::string& tool, const Json& arguments) {
    ++calls;
    return echo(tool, arguments);
  }};
  CHECK(outcomes(stub.run({test})) == "P");
  CHECK(calls == 3);
  CHECK(stub.opened == 3);
}

TEST_CASE("a rate decides instead of the cases", "[suite]") {
  Stub stub{[](const std::string& tool, const Json& arguments) -> Result<Json> {
    if (arguments["n"] == 0) return text_result("");
    return echo(tool, arguments);
  }};
  const SuiteRun run = stub.run(many(10));
  Report report;
  report.results = case_results(many(10), run, 90);
  CHECK(exit_code(report, false) == ExitCode::pass);
  CHECK(report.verdict() == Status::pass);
  CHECK(report.count(Status::fail) == 1);
  report.results = case_results(many(10), run, 91);
  CHECK(exit_code(report, false) == ExitCode::fail);
  CHECK(report.verdict() == Status::fail);
}

TEST_CASE("the page escapes what servers say", "[suite]") {
  Stub stub{[](const std::string&, const Json&) -> Result<Json> {
    return fail(ErrorKind::internal, "<script>alert(1)</script>");
  }};
  Report report;
  report.title = "suite run";
  report.results = case_results(many(2), stub.run(many(2)), 90);
  const std::string page = html_page(report);
  CHECK(page.find("<script") == std::string::npos);
  CHECK_THAT(page, Catch::Contains("&lt;script&gt;"));
  CHECK_THAT(page, Catch::Contains("prefers-color-scheme:dark"));
}

}  // namespace
}  // namespace exai::suite
