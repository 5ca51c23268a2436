#include "core/status.hpp"

#include "core/check.hpp"
#include "core/report.hpp"
#include "tests/catch.hpp"

using namespace exai;

namespace {

CheckResult result(Status status, Cause cause = Cause::none) {
  CheckResult out;
  out.status = status;
  out.cause = cause;
  return out;
}

ExitCode code(std::vector<CheckResult> results, bool strict = false) {
  Report report;
  report.results = std::move(results);
  return exit_code(report, strict);
}

}  // namespace

TEST_CASE("unknown is never pass, and nothing executed is unknown", "[core][status]") {
  CHECK(code({}) == ExitCode::unknown);
  CHECK(code({result(Status::skip)}) == ExitCode::unknown);
  CHECK(code({result(Status::pass), result(Status::unknown)}) == ExitCode::unknown);
  CHECK(code({result(Status::pass), result(Status::skip)}) == ExitCode::pass);
  Report report;
  CHECK(report.verdict() == Status::unknown);
}

TEST_CASE("a warning fails only under strict", "[core][status]") {
  CHECK(code({result(Status::warn)}) == ExitCode::pass);
  CHECK(code({result(Status::warn)}, true) == ExitCode::fail);
}

TEST_CASE("the worst outcome decides", "[core][status]") {
  CHECK(code({result(Status::fail), result(Status::unknown), result(Status::unknown, Cause::human)}) ==
        ExitCode::fail);
  CHECK(code({result(Status::fail, Cause::config), result(Status::unknown)}) == ExitCode::config);
  CHECK(code({result(Status::fail), result(Status::fail, Cause::config)}) == ExitCode::fail);
  CHECK(code({result(Status::unknown, Cause::human), result(Status::pass)}) == ExitCode::human);
  CHECK(code({result(Status::fail), result(Status::fail, Cause::refused)}) == ExitCode::refused);
  CHECK(code({result(Status::unknown, Cause::budget), result(Status::fail, Cause::refused)}) ==
        ExitCode::budget);
  CHECK(code({result(Status::unknown, Cause::internal), result(Status::unknown, Cause::budget)}) ==
        ExitCode::internal);
  CHECK(worse(Status::fail, Status::unknown) == Status::fail);
  CHECK(worse(Status::skip, Status::pass) == Status::pass);
}

TEST_CASE("each error has its code", "[core][status]") {
  CHECK(exit_code(ErrorKind::usage) == ExitCode::usage);
  CHECK(exit_code(ErrorKind::missing_input) == ExitCode::no_input);
  CHECK(exit_code(ErrorKind::unreachable) == ExitCode::unknown);
  CHECK(exit_code(ErrorKind::busy) == ExitCode::unknown);
  CHECK(exit_code(ErrorKind::internal) == ExitCode::internal);
}

TEST_CASE("checks are selected by id and tag, and an unknown one names the nearest", "[core][check]") {
  const auto daily = select_checks({"@daily", "logs.errors"});
  REQUIRE(daily);
  CHECK(daily->size() >= 10);
  CHECK(std::is_sorted(daily->begin(), daily->end(),
                       [](const Check* a, const Check* b) { return a->id < b->id; }));
  const auto typo = select_checks({"logs.erors"});
  REQUIRE_FALSE(typo);
  CHECK(typo.error().kind == ErrorKind::usage);
  CHECK(typo.error().hint.find("logs.errors") != std::string::npos);
}
