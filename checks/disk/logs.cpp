#include "core/check.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks::disk_check {

std::string size_text(std::uint64_t bytes) {
  constexpr double k_step = 1024.0;
  double value = static_cast<double>(bytes);
  for (const char* unit : {"B", "KiB", "MiB", "GiB"}) {
    if (value < k_step) return fmt::format("{:.{}f} {}", value, unit[0] == 'B' ? 0 : 1, unit);
    value /= k_step;
  }
  return fmt::format("{:.1f} TiB", value);
}

std::filesystem::path log_folder(const CheckContext& context) {
  return context.root / context.config.text("log.dir");
}

CheckResult run_logs(const CheckContext& context) {
  const auto files = io::list_files(log_folder(context), true);
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

// Warn at 85 %, fail at 95 %.
CheckResult run_space(const CheckContext& context) {
  const auto space = io::disk_space(context.root);
  if (!space) return check_unknown(space.error());
  if (space->total == 0)
    return check_unknown(make_error(ErrorKind::unreachable, "the file system reports no size", "df -h"));
  const double used =
      100.0 * (1.0 - static_cast<double>(space->available) / static_cast<double>(space->total));
  const std::string summary = fmt::format("{:.0f} % used, {} free", used, size_text(space->available));
  const std::string hint = fmt::format("du -xh {} | sort -h | tail", context.root.string());
  CheckResult result = used >= 95   ? check_fail(summary, hint)
                       : used >= 85 ? check_warn(summary, hint)
                                    : check_pass(summary);
  result.facts.push_back({"used", fmt::format("{:.1f} %", used), used, "%", 85.0, 95.0});
  return result;
}

const Registered<Check> k_logs{Check{.id = "disk.logs",
                                     .title = "the log folder stays within its limit",
                                     .tags = "daily,doctor",
                                     .help = "Sums the files below log.dir against log.dir_max_bytes: warn "
                                             "above 80 %, fail above it (maintenance:56, maintenance:387).",
                                     .run = run_logs}};
const Registered<Check> k_space{
    Check{.id = "disk.space",
          .title = "the disk has room",
          .tags = "daily,doctor,deploy",
          .help = "The file system of the root folder: warn from 85 % used, fail from 95 % (maintenance:50).",
          .run = run_space}};

}  // namespace exai::checks::disk_check
