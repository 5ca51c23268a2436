// How fast a large folder becomes part of a prompt, and what it costs in memory. Hidden: run by
// tests/bench/workspace.sh.
#include "engine/workspace/workspace.hpp"
#include "tests/models/provider_fixture.hpp"
#include "tests/scratch.hpp"

#include <fstream>

#include <fmt/core.h>
#include <sys/resource.h>

using namespace exai;

namespace {

long peak_kib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

}  // namespace

TEST_CASE("2,000 files of 20 MB become text", "[.benchmark][workspace]") {
  const tests::Scratch scratch;
  for (int i = 0; i < 2000; ++i) {
    std::ofstream file(scratch.write(fmt::format("d{}/f{}.cpp", i % 40, i), ""), std::ios::binary);
    for (int line = 0; line < 250; ++line)
      file << fmt::format("int value_{:05}_{:04} = {:<18}\n", i, line, line * i);
  }
  auto workspace =
      engine::Workspace::from(test::config_of({{"EXAI_WORKSPACE_ROOTS", scratch.path().string()}}), "/");
  REQUIRE(workspace);
  engine::InlineRules rules;
  rules.tokens = 100'000'000;
  rules.files = 5000;
  for (int round = 0; round < 5; ++round) {
    const long before = peak_kib();
    const Steady begun = system_clock().steady();
    const auto bundle = engine::inline_files(*workspace, {scratch.path().string()}, rules);
    const auto took = std::chrono::duration_cast<Millis>(system_clock().steady() - begun);
    REQUIRE(bundle);
    CHECK(bundle->files.size() == 2000);
    const double text = static_cast<double>(bundle->text.size()) / 1e6;
    const double peak = static_cast<double>(peak_kib() - before) * 1024 / 1e6;
    fmt::print("round {}: {:.1f} MB of text in {} ms, peak memory +{:.1f} MB\n", round + 1, text,
               took.count(), peak);
    if (round == 0) CHECK(peak <= 2 * text);
  }
}
