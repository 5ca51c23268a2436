// logs.old: log files that nobody has cleaned away.
#include "core/check.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_logs_old(const CheckContext& context) {
  const auto files = io::list_files(context.path("log.dir"), true);
  if (!files) return check_fail(files.error().message, "exai serve creates it; is log.dir right?");
  const auto limit = std::filesystem::file_time_type::clock::now() - std::chrono::hours{24 * 7};
  std::size_t old = 0;
  for (const io::FileFacts& file : *files) {
    std::error_code error;
    if (std::filesystem::last_write_time(file.path, error) < limit && !error) ++old;
  }
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
