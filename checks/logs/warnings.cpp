// logs.warnings: how many warnings the server log has of the last 24 hours.
#include "checks/logs/errors.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_logs_warnings(const CheckContext& context) {
  const auto scan = last_day_of_log(context);
  if (auto doubt = incomplete(*scan)) return std::move(*doubt);
  return check_pass(fmt::format("{} warnings in {} lines", scan->warnings, scan->lines));
}

const Registered<Check> k_logs_warnings{
    Check{.id = "logs.warnings",
          .title = "the warnings of the last 24 hours are counted",
          .tags = "daily",
          .help = "Informational: the number of WARNING lines of logs/mcp_server.log (maintenance:45).",
          .run = run_logs_warnings}};

}  // namespace
}  // namespace exai::checks
