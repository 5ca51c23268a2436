// The executor: order, threads, deadlines, the first failure.
#include "checks/run.hpp"

#include "tests/catch.hpp"

#include <atomic>
#include <latch>

using namespace exai;
using checks::Task;
using checks::TaskGroup;

namespace {

const Config g_config = Config::defaults();

CheckContext within(Millis time, std::stop_token stop = {}) {
  return {g_config, system_clock(), Deadline::after(time), std::move(stop), "."};
}

Task task(std::string id, CheckResult result) {
  return {std::move(id), "", "", [result](const CheckContext&) { return result; }};
}

std::string ids(const std::vector<CheckResult>& results) {
  std::string all;
  for (const CheckResult& result : results) all += result.id;
  return all;
}

}  // namespace

TEST_CASE("tasks of a group run side by side, groups one after the other", "[checks][run]") {
  std::latch both(2);
  std::atomic<bool> first_group_done = false;
  const auto meet = [&](const CheckContext&) {
    both.arrive_and_wait();  // one alone would wait for ever
    return check_pass("");
  };
  std::vector<TaskGroup> groups(2);
  groups[0] = {"one", {Task{"a", "", "", meet}, Task{"b", "", "", meet}}};
  groups[1] = {"two", {Task{"c", "", "", [&](const CheckContext&) {
                              return first_group_done ? check_pass("") : check_fail("too early", "");
                            }}}};
  checks::RunOptions options;
  options.jobs = 2;
  options.on_result = [&](const CheckResult&, std::size_t done, std::size_t total) {
    CHECK(total == 3);
    first_group_done = done >= 2;
  };
  const auto results = checks::run(groups, within(Millis{60'000}), options);
  CHECK(ids(results) == "abc");
  CHECK(results[0].group == "one");
  CHECK(results[2].status == Status::pass);
}

TEST_CASE("with fail_fast nothing is run after the first failure", "[checks][run]") {
  const std::vector<TaskGroup> groups{
      {"", {task("a", check_pass("")), task("b", check_unknown(make_error(ErrorKind::unreachable, "x")))}},
      {"", {task("c", check_fail("no", "")), task("d", check_pass(""))}}};
  std::string begun;
  checks::RunOptions options;
  options.fail_fast = true;
  options.on_begin = [&](const Task& next, std::size_t done, std::size_t) {
    begun += next.id + std::to_string(done);
  };
  CHECK(ids(checks::run(groups, within(Millis{60'000}), options)) == "abc");
  CHECK(begun == "a0b1c2");
}

TEST_CASE("a task whose turn comes too late is unknown and not run", "[checks][run]") {
  const Task never{"a", "", "", [](const CheckContext&) -> CheckResult { throw std::runtime_error("ran"); }};
  const auto late = checks::run({{"", {never}}}, within(Millis{0}), {});
  REQUIRE(late.size() == 1);
  CHECK(late[0].status == Status::unknown);
  CHECK(late[0].cause == Cause::budget);
  std::stop_source stop;
  stop.request_stop();
  const auto stopped = checks::run({{"", {never}}}, within(Millis{60'000}, stop.get_token()), {});
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].status == Status::unknown);
  CHECK(stopped[0].cause == Cause::none);
}

TEST_CASE("checks are grouped by what they cost, the cheap ones first", "[checks][run]") {
  const std::vector<const Check*> chosen{find_check("server.mcp"), find_check("self.tables")};
  const auto groups = checks::groups_by_cost(chosen, "check");
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].tasks[0].id == "self.tables");
  CHECK(groups[1].tasks[0].id == "server.mcp");
  CHECK(groups[1].name == "check");
  CHECK(checks::count_tasks(groups) == 2);
}
