// One case: its calls one after the other, judged as they come.
#pragma once

#include "suite/run/runner.hpp"

#include <atomic>
#include <memory>
#include <string>
#include <vector>

namespace exai::suite {

/// The sessions of one worker. What failed is dropped and opened anew for the next call.
class Sessions {
 public:
  Sessions(const SessionOpener& open, Deadline deadline, std::stop_token stop)
      : open_(open), deadline_(deadline), stop_(std::move(stop)) {}

  struct Session {
    std::unique_ptr<mcp::client::McpClient> client;
    std::shared_ptr<std::atomic<unsigned>> progress;  ///< pieces that came so far
  };
  /// The session of that number, opened when it is not there.
  Result<Session*> get(std::size_t number);
  void drop(std::size_t number) { sessions_[number].reset(); }

 private:
  const SessionOpener& open_;
  Deadline deadline_;
  std::stop_token stop_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

/// All that a case is run with.
struct CaseWorld {
  Sessions& sessions;
  const JudgeFacts& facts;
  const RunnerOptions& options;
  const Clock& clock;
  std::stop_token stop;
};

/// Runs the calls up to the first that does not pass. A case cut short by the stop has not run.
CaseResult run_case(const TestCase& test, CaseWorld& world);

/// Every ${NAME} in texts of the value that is among the names, replaced.
void put_in(Json& value, const std::map<std::string, std::string>& names);

}  // namespace exai::suite
