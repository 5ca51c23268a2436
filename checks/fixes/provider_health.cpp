// fixes.provider_health: whether breakers, retries and failovers can be seen.
#include "checks/fixes/exported.hpp"
#include "checks/measure/metrics.hpp"
#include "checks/measure/own_server.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_fixes_provider_health(const CheckContext& context) {
  const auto metrics = page_text(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  for (const char* family :
       {"exai_circuit_breaker_state", "exai_provider_retries_total", "exai_failovers_total"})
    if (!has_family(*metrics, family)) return not_exported(family);
  std::size_t open = 0;
  std::string which;
  for (const Sample& sample : samples(*metrics, "exai_circuit_breaker_state"))
    if (sample.value > 0) ++open, which = sample.labels;
  if (open > 0)
    return check_warn(fmt::format("{} circuits are not closed, {} among them", open, which),
                      "exai probe provider glm; they close by themselves when it answers again");
  return check_pass("breakers, retries and failovers are visible, all circuits are closed");
}

const Registered<Check> k_fixes_provider_health{
    Check{.id = "fixes.provider_health",
          .title = "breakers, retries and failovers are visible",
          .tags = "fixes,daily",
          .help = "Metrics of circuit state, retries and failovers; a circuit that is not "
                  "closed is a warning.",
          .cost = Cost::network,
          .run = run_fixes_provider_health}};

}  // namespace
}  // namespace exai::checks
