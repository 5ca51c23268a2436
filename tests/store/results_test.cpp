// Runs of tests in every home.
#include "tests/catch.hpp"
#include "tests/io/temp_folder.hpp"
#include "tests/store/homes.hpp"

#include <fmt/core.h>

using namespace exai;

namespace {

std::vector<const test::Home*> every_home() {
  std::vector<const test::Home*> all;
  for (const test::Home& home : test::homes()) all.push_back(&home);
  return all;
}

store::ResultRecord result_of(const std::string& tool, store::Outcome status) {
  store::ResultRecord result;
  result.tool = tool;
  result.variation = "basic";
  result.provider = "glm";
  result.model = "glm-4.6";
  result.status = status;
  result.execution = "success";
  result.duration = 1.25;
  result.input = "{\"a\":1}";
  result.error = status == store::Outcome::pass ? "" : "it's \"broken\"\n\xE2\x82\xAC";
  return result;
}

store::TestRunRecord test_run_of(const std::string& key, Wall at) {
  store::TestRunRecord run;
  run.key = key;
  run.at = at;
  run.name = "suite";
  run.format = "junit";
  run.host = "host";
  run.branch = "main";
  run.commit = "abc";
  return run;
}

}  // namespace

TEST_CASE("a run of tests comes back with its counts, and recorded twice it is one", "[store][contract]") {
  const test::Home& home = *GENERATE(from_range(every_home()));
  CAPTURE(home.name);
  const test::TempFolder folder;
  const auto opened = home.open(folder.path(), system_clock());
  REQUIRE(opened);
  store::TestRuns& runs = (*opened)->test_runs();
  const Wall now = std::chrono::floor<Millis>(system_clock().wall());
  std::vector<store::ResultRecord> results;
  for (int i = 0; i < 250; ++i)
    results.push_back(result_of(fmt::format("tool_{}", i % 7), static_cast<store::Outcome>(i % 4)));
  results[3].cost_usd = 0.25;
  results[4].quality = 10;
  results[5].line = 42;
  const auto saved = runs.save(test_run_of("one", now), results);
  REQUIRE(saved);
  CHECK(saved->anew);
  const auto again = runs.save(test_run_of("one", now), results);
  REQUIRE(again);
  CHECK_FALSE(again->anew);
  CHECK(again->id == saved->id);

  const auto found = runs.find(saved->id);
  REQUIRE(found);
  CHECK(found->at == now);
  CHECK(found->total == 250);
  CHECK(found->passed == 63);
  CHECK(found->failed == 63);
  CHECK(found->skipped == 62);
  CHECK(found->errored == 62);
  CHECK(found->pass_rate.value() == Approx(100.0 * 63 / 188).margin(0.01));
  CHECK(found->duration.value() == Approx(312.5));
  CHECK(found->cost_usd.value() == Approx(0.25));
  const auto all = runs.results(saved->id);
  REQUIRE(all);
  REQUIRE(all->size() == 250);
  for (std::size_t i = 0; i < all->size(); ++i) {
    CHECK((*all)[i].tool == results[i].tool);
    CHECK((*all)[i].status == results[i].status);
    CHECK((*all)[i].error == results[i].error);
    CHECK((*all)[i].line == results[i].line);
    CHECK((*all)[i].quality == results[i].quality);
    CHECK((*all)[i].cost_usd.has_value() == results[i].cost_usd.has_value());
  }
  CHECK(runs.find(saved->id + 1000).error().kind == ErrorKind::not_found);
}

TEST_CASE("runs of tests are listed newest first, and what fails is counted by tool", "[store][contract]") {
  const test::Home& home = *GENERATE(from_range(every_home()));
  CAPTURE(home.name);
  const test::TempFolder folder;
  const auto opened = home.open(folder.path(), system_clock());
  REQUIRE(opened);
  store::TestRuns& runs = (*opened)->test_runs();
  const Wall now = std::chrono::floor<Millis>(system_clock().wall());
  for (int i = 0; i < 5; ++i) {
    store::TestRunRecord run = test_run_of(fmt::format("run {}", i), now + Millis{1000 * i});
    run.branch = i % 2 == 0 ? "main" : "other";
    REQUIRE(runs.save(run,
                      {result_of("good", store::Outcome::pass), result_of("bad", store::Outcome::fail),
                       result_of("worse", store::Outcome::error), result_of("worse", store::Outcome::fail)}));
  }
  REQUIRE(runs.save(test_run_of("empty", now - Millis{1000}), {}));
  const auto all = runs.list({.max = 3});
  REQUIRE(all);
  REQUIRE(all->size() == 3);
  CHECK((*all)[0].key == "run 4");
  CHECK((*all)[2].key == "run 2");
  const auto branch = runs.list({.branch = "other"});
  REQUIRE(branch);
  REQUIRE(branch->size() == 2);
  CHECK((*branch)[0].key == "run 3");
  CHECK(runs.list({.since = now + Millis{3500}})->size() == 1);
  CHECK(runs.list({.name = "nobody"})->empty());
  const auto none = runs.list({});
  REQUIRE(none);
  CHECK(none->back().key == "empty");
  CHECK_FALSE(none->back().pass_rate.has_value());

  const auto failing = runs.failing(now - Millis{60'000}, 10);
  REQUIRE(failing);
  REQUIRE(failing->size() == 2);
  CHECK((*failing)[0].tool == "worse");
  CHECK((*failing)[0].failures == 10);
  CHECK((*failing)[1].tool == "bad");
  CHECK((*failing)[1].failures == 5);
  CHECK(runs.failing(system_clock().wall() + Millis{60'000}, 10)->empty());
}
