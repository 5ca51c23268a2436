// What a tool said about a run of tests, in one form whatever the tool and the format.
#pragma once

#include "core/deadline.hpp"
#include "core/status.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// How one test ended. `failed`: it ran, and what it tests is wrong. `error`: it could not be said, because
/// the test itself broke or its result is not there. An expected failure ("todo", "xfail") is `skipped`.
enum class TestStatus : std::uint8_t { passed, failed, skipped, error };

/// "passed", "failed", "skipped", "error".
std::string_view to_string(TestStatus status);

/// How much of each text is kept, in bytes of UTF-8; what is longer is cut and ends with "...".
inline constexpr std::size_t k_max_test_name = 512;
inline constexpr std::size_t k_max_test_message = 2048;
inline constexpr std::size_t k_max_test_detail = std::size_t{16} << 10U;

/// How many results a file may have; more is an error.
inline constexpr std::size_t k_max_test_results = 500'000;

/// One test. All texts are printable UTF-8 (core/text), without the colours of terminals.
struct TestResult {
  std::string group{};  ///< class, module, package, suite, or tool of a scan; may be empty
  std::string name{};   ///< never empty
  TestStatus status = TestStatus::error;
  std::optional<Micros> duration{};  ///< 0 or more
  std::string message{};             ///< why it did not pass, in a line or two
  std::string detail{};              ///< trace, output, diagnostics
  std::string file{};                ///< source of the test or place of the finding, as the tool writes it
  std::optional<int> line{};         ///< from 1, as the tool writes it
};

/// One file of results.
struct TestRun {
  std::string name{};             ///< as the tool calls it; may be empty
  std::string format{};           ///< id of the ResultFormat that read it
  std::optional<Wall> started{};  ///< a time without zone counts as UTC
  std::optional<Micros>
      duration{};      ///< of the whole run as told, otherwise the sum of its tests, if any says
  std::string host{};  ///< may be empty
  std::optional<std::string> branch{};
  std::optional<std::string> commit{};
  std::vector<TestResult> results{};  ///< in the order of the file
  std::vector<std::string> notes{};   ///< what a person should know: counts that contradict the tests, cuts

  [[nodiscard]] std::size_t count(TestStatus status) const;
  /// `fail` when any test failed or broke, `unknown` when none was executed, otherwise `pass`. What a run
  /// promised and did not show stands in it as a result of its own, never as a pass.
  [[nodiscard]] Status verdict() const;
};

}  // namespace exai::suite
