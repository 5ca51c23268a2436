// fixes.single_flight: whether equal questions share one answer.
#include "checks/fixes/exported.hpp"
#include "checks/measure/metrics.hpp"
#include "checks/measure/own_server.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_fixes_single_flight(const CheckContext& context) {
  const auto metrics = page_text(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  double shared = 0;
  int rows = 0;
  for (const Sample& sample : samples(*metrics, "exai_cache_requests_total"))
    if (sample.labels.find("outcome=\"shared\"") != std::string::npos) shared += sample.value, ++rows;
  if (rows == 0) return not_exported("exai_cache_requests_total with outcome shared");
  return check_pass(fmt::format("equal questions share one answer; {:g} did so far", shared));
}

const Registered<Check> k_fixes_single_flight{
    Check{.id = "fixes.single_flight",
          .title = "equal questions at the same time are asked once",
          .tags = "fixes,daily",
          .help = "One primitive checks the cache, joins who asks already, or asks; none "
                  "is refused.",
          .cost = Cost::network,
          .run = run_fixes_single_flight}};

}  // namespace
}  // namespace exai::checks
