// Runs cases against a server with several sessions at once, and judges what comes back.
#pragma once

#include "core/deadline.hpp"
#include "core/redact.hpp"
#include "core/report.hpp"
#include "core/result.hpp"
#include "mcp/client/client.hpp"
#include "store/results.hpp"
#include "suite/run/case.hpp"
#include "suite/run/judge.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// Opens one more session with the server, whichever transport that is. Called from several threads.
using SessionOpener = std::function<Result<std::unique_ptr<mcp::client::McpClient>>(
    mcp::client::McpObserver observer, Deadline deadline, std::stop_token stop)>;

struct CaseResult {
  store::Outcome outcome = store::Outcome::skip;
  bool ran = false;    ///< false: it was skipped, or the run was stopped before its turn
  bool flaky = false;  ///< it failed, and passed when it was asked again
  std::string reason;  ///< why it did not pass: of the skip, or of the first finding; empty for a pass
  std::vector<Finding> findings{};  ///< warnings too
  Wall started{};
  Micros duration{0};
  std::optional<std::int64_t> tokens{};
  std::optional<double> cost_usd{};
  std::string provider{}, model{};  ///< of the last call that says it
};

struct RunnerOptions {
  unsigned jobs = 1;                          ///< sessions at once, 1 to 64
  std::optional<double> max_cost_usd{};       ///< no case begins when so much was spent
  std::optional<double> stop_failure_rate{};  ///< percent of those that ran, judged from 10 on
  bool retry_failed = false;                  ///< what did not pass is asked once more
  std::map<std::string, std::string>
      has{};               ///< what is there for CaseCall::needs: name → "", or why it is not
  std::string fixtures{};  ///< ${FIXTURES}
  Deadline deadline = Deadline::after(std::chrono::hours(24));  ///< of the whole run
  /// After each case, one at a time: its index, how many are done.
  std::function<void(std::size_t index, const CaseResult& result, std::size_t done)> on_result{};
};

struct SuiteRun {
  /// Why it ended before all cases had their turn.
  enum class Stopped : std::uint8_t { no, cost, failure_rate, interrupted, deadline };
  std::vector<CaseResult> results;  ///< one a case, in their order
  Stopped stopped = Stopped::no;
  double cost_usd = 0;  ///< of all calls, retries included
  [[nodiscard]] std::size_t count(store::Outcome outcome) const;
  /// Percent of those that ran; nothing when none did.
  [[nodiscard]] std::optional<double> pass_rate() const;
};

/// Runs all cases. What one needs and the server lacks is a skip with the reason; what could not be asked is
/// an error, never a pass. On stop, calls in flight are cancelled and what was done is handed back.
SuiteRun run_cases(const std::vector<TestCase>& cases, const SessionOpener& open, const JudgeFacts& facts,
                   const RunnerOptions& options, const Clock& clock, const std::stop_token& stop);

/// The same, those first that `first` picks: what they show is known when the others are judged. Results
/// stand in the order of the cases.
SuiteRun run_cases_first(const std::vector<TestCase>& cases,
                         const std::function<bool(const TestCase&)>& first, const SessionOpener& open,
                         const JudgeFacts& facts, const RunnerOptions& options, const Clock& clock,
                         const std::stop_token& stop);

}  // namespace exai::suite
