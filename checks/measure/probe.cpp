#include "checks/measure/probe.hpp"

#include <fmt/core.h>

namespace exai::checks {

ProbeLimits limits_of(const CheckContext& context) {
  return {context.deadline, context.stop, {}, {}, context.clock};
}

void judge_time(CheckResult& result, Micros time, const ProbeLimits& limits) {
  const auto as_number = [](const std::optional<Millis>& value) {
    return value ? std::optional<double>(static_cast<double>(value->count())) : std::nullopt;
  };
  const double millis = static_cast<double>(time.count()) / 1000.0;
  result.facts.push_back({"time", fmt::format("{:.3g} ms", millis), millis, "ms", as_number(limits.warn),
                          as_number(limits.crit)});
  if (result.status != Status::pass) return;
  if (limits.crit && time > *limits.crit) {
    result.status = Status::fail;
    result.summary += fmt::format(", slower than {}", format_duration(*limits.crit));
  } else if (limits.warn && time > *limits.warn) {
    result.status = Status::warn;
    result.summary += fmt::format(", slower than {}", format_duration(*limits.warn));
  }
}

}  // namespace exai::checks
