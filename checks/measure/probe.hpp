// What every probe may take, and how its time is judged.
#pragma once

#include "core/check.hpp"

#include <optional>
#include <stop_token>

namespace exai::checks {

/// What a probe may take, and until when.
struct ProbeLimits {
  Deadline deadline;
  std::stop_token stop{};
  std::optional<Millis> warn{}, crit{};  ///< judged against the measured time
  const Clock& clock = system_clock();
};

/// Those of a check: its deadline, and no judgement of the time.
ProbeLimits limits_of(const CheckContext& context);

/// Adds the fact "time" and turns a pass into a warning or a failure when it was too slow.
void judge_time(CheckResult& result, Micros time, const ProbeLimits& limits);

}  // namespace exai::checks
