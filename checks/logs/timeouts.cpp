// logs.timeouts: calls that ran into a timeout in the last 24 hours.
#include "checks/logs/errors.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_logs_timeouts(const CheckContext& context) {
  const auto scan = last_day_of_log(context);
  if (auto doubt = incomplete(*scan)) return std::move(*doubt);
  if (scan->timeouts == 0) return check_pass("no timeout in the last 24 hours");
  return check_warn(fmt::format("{} timeouts in the last 24 hours", scan->timeouts),
                    "exai log errors --warnings shows them; exai validate timeouts --explain");
}

const Registered<Check> k_logs_timeouts{Check{
    .id = "logs.timeouts",
    .title = "no call ran into a timeout in the last 24 hours",
    .tags = "daily",
    .help = "Counts log lines of timeout events, by their event field and not by the word (maintenance:48).",
    .run = run_logs_timeouts}};

}  // namespace
}  // namespace exai::checks
