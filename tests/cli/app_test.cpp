#include "cli/app.hpp"

#include "core/check.hpp"
#include "tests/catch.hpp"

#include <array>
#include <stdexcept>

using namespace exai;

namespace {

Result<cli::Outcome> break_down(const cli::Args& /*args*/, cli::Context& /*context*/) {
  throw std::runtime_error("by a test");
}

const Registered<cli::Command> k_broken{cli::Command{.path = "test_broken",
                                                     .group = "Help",
                                                     .summary = "ends with an error of our own",
                                                     .hidden = true,
                                                     .needs_config = false,
                                                     .waits = false,
                                                     .run = break_down}};

CheckResult check_that_breaks(const CheckContext& /*context*/) {
  throw std::runtime_error("by a test");
}

}  // namespace

TEST_CASE("an internal error ends with 70, in a command and in a check", "[cli]") {
  std::array<char, 5> program{"exai"};
  std::array<char, 12> word{"test_broken"};
  std::array<char*, 2> words{program.data(), word.data()};
  CHECK(cli::run(int(words.size()), words.data()) == 70);

  Check check;
  check.id = "test.broken";
  check.run = check_that_breaks;
  const Config config = Config::defaults();
  Report report;
  report.results.push_back(run_check(check, CheckContext{.config = config,
                                                         .clock = system_clock(),
                                                         .deadline = Deadline::after(Millis{1000}),
                                                         .stop = {},
                                                         .root = "."}));
  CHECK(int(exit_code(report, false)) == 70);
}
