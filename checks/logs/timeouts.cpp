// logs.timeouts: calls that ran into a timeout in the last 24 hours.
#include "checks/logs/errors.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_logs_timeouts(const CheckContext& context) {
  const LogScan scan = scan_server_log(context.path("log.dir"), context.clock.wall() - std::chrono::hours{24},
                                       true, 10'000, context.deadline, context.clock);
  if (auto doubt = incomplete(scan)) return std::move(*doubt);
  const auto timeouts = std::count_if(scan.matches.begin(), scan.matches.end(), [](const LogLine& line) {
    return line.event.find("timeout") != std::string::npos;
  });
  if (timeouts == 0) return check_pass("no timeout in the last 24 hours");
  return check_warn(fmt::format("{} timeouts in the last 24 hours", timeouts),
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
