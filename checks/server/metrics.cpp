// server.metrics: whether the metrics of the deployment guide are exported.
#include "checks/measure/metrics.hpp"

#include "checks/measure/own_server.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

// The four names of the deployment guide (deployment:299-302) exist from the first scrape on.
CheckResult run_server_metrics(const CheckContext& context) {
  const auto page = get_page(context, "/metrics");
  const Result<io::HttpResponse>& answer = *page;
  if (!answer) return check_unknown(answer.error());
  if (answer->status != 200)
    return check_fail(fmt::format("{} answered {}", page_url(context.config, "/metrics"), answer->status),
                      "exai log errors");
  for (const char* family : {"exai_requests_total", "exai_request_duration_seconds",
                             "exai_provider_errors_total", "exai_cache_hits_total"})
    if (!has_family(answer->body, family))
      return check_fail(fmt::format("{} is missing", family), "is it really exai that answers there?");
  return check_pass("all four families are exported");
}

const Registered<Check> k_server_metrics{
    Check{.id = "server.metrics",
          .title = "the metrics of the deployment guide are exported",
          .tags = "daily,deploy",
          .help = "GET /metrics carries the four exai_ families (deployment:299).",
          .cost = Cost::network,
          .run = run_server_metrics}};

}  // namespace
}  // namespace exai::checks
