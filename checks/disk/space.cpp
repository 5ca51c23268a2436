// disk.space: how full the file system of the deployment is.
#include "checks/measure/size_text.hpp"
#include "core/check.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

// Warn at 85 %, fail at 95 %.
CheckResult run_disk_space(const CheckContext& context) {
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

const Registered<Check> k_disk_space{
    Check{.id = "disk.space",
          .title = "the disk has room",
          .tags = "daily,doctor,deploy",
          .help = "The file system of the root folder: warn from 85 % used, fail from 95 % (maintenance:50).",
          .run = run_disk_space}};

}  // namespace
}  // namespace exai::checks
