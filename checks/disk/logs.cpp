// disk.logs: what the log folder takes, against its limit.
#include "checks/measure/log_files.hpp"
#include "checks/measure/size_text.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_disk_logs(const CheckContext& context) {
  const auto listed = log_folder(context);
  const Result<std::vector<io::FileFacts>>& files = *listed;
  if (!files) return check_fail(files.error().message, "exai serve creates it; is log.dir right?");
  std::uint64_t total = 0;
  const io::FileFacts* largest = nullptr;
  for (const io::FileFacts& file : *files) {
    total += file.size;
    if (largest == nullptr || file.size > largest->size) largest = &file;
  }
  const std::uint64_t limit = context.config.bytes("log.dir_max_bytes");
  const double share = static_cast<double>(total) / static_cast<double>(limit);
  const std::string summary =
      fmt::format("{} in {} files, limit {}", size_text(total), files->size(), size_text(limit));
  const std::string hint = largest == nullptr ? ""
                                              : fmt::format("the largest is {} ({})", largest->path.string(),
                                                            size_text(largest->size));
  CheckResult result = share > 1.0   ? check_fail(summary, hint)
                       : share > 0.8 ? check_warn(summary, hint)
                                     : check_pass(summary);
  result.facts.push_back({"logs", size_text(total), static_cast<double>(total), "bytes",
                          static_cast<double>(limit) * 0.8, static_cast<double>(limit)});
  return result;
}

const Registered<Check> k_disk_logs{Check{.id = "disk.logs",
                                          .title = "the log folder stays within its limit",
                                          .tags = "daily,doctor",
                                          .help =
                                              "Sums the files below log.dir against log.dir_max_bytes: warn "
                                              "above 80 %, fail above it (maintenance:56, maintenance:387).",
                                          .run = run_disk_logs}};

}  // namespace
}  // namespace exai::checks
