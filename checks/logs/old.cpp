// logs.old: log files that nobody has cleaned away.
#include "checks/measure/log_files.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_logs_old(const CheckContext& context) {
  const auto listed = log_folder(context);
  const Result<std::vector<io::FileFacts>>& files = *listed;
  if (!files) return check_fail(files.error().message, "exai serve creates it; is log.dir right?");
  const Wall limit = context.clock.wall() - std::chrono::hours{24 * 7};
  const auto old = std::count_if(files->begin(), files->end(),
                                 [&](const io::FileFacts& file) { return file.written < limit; });
  if (old == 0) return check_pass("no log is older than 7 days");
  return check_warn(fmt::format("{} log files are older than 7 days", old),
                    fmt::format("find {} -name '*.log' -mtime +7 -delete", context.path("log.dir").string()));
}

const Registered<Check> k_logs_old{
    Check{.id = "logs.old",
          .title = "old logs are cleaned away",
          .tags = "daily",
          .help = "Names log files untouched for more than 7 days (maintenance:59).",
          .run = run_logs_old}};

}  // namespace
}  // namespace exai::checks
