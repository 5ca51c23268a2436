// fixes.cache_limits: whether caches stay within their limits.
#include "checks/fixes/exported.hpp"
#include "checks/measure/metrics.hpp"
#include "checks/measure/own_server.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_fixes_cache_limits(const CheckContext& context) {
  const auto metrics = page_text(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  const std::vector<Sample> entries = samples(*metrics, "exai_cache_entries");
  const std::vector<Sample> limits = samples(*metrics, "exai_cache_limit");
  if (entries.empty() || entries.size() != limits.size())
    return not_exported("exai_cache_entries with its limits");
  for (const Sample& entry : entries)
    for (const Sample& limit : limits)
      if (limit.labels == entry.labels && entry.value > limit.value)
        return check_fail(
            fmt::format("cache {} holds {:g} of {:g} entries", entry.labels, entry.value, limit.value),
            "this is a defect: please report it");
  return check_pass(fmt::format("{} caches are within their limits", entries.size()));
}

const Registered<Check> k_fixes_cache_limits{Check{.id = "fixes.cache_limits",
                                                   .title = "caches stay within their limits",
                                                   .tags = "fixes,daily",
                                                   .help = "Entries of each cache against its limit.",
                                                   .cost = Cost::network,
                                                   .run = run_fixes_cache_limits}};

}  // namespace
}  // namespace exai::checks
