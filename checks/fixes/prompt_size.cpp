// fixes.prompt_size: whether prompts are measured and large ones warned of.
#include "checks/fixes/exported.hpp"
#include "checks/measure/metrics.hpp"
#include "checks/measure/own_server.hpp"
#include "checks/measure/server_log.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_fixes_prompt_size(const CheckContext& context) {
  const auto metrics = page_text(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  double large = 0, all = 0;
  bool bounded = false;
  for (const Sample& sample : samples(*metrics, "exai_prompt_tokens_bucket")) {
    if (sample.labels.find("le=\"100000\"") != std::string::npos) bounded = true, large = sample.value;
    if (sample.labels.find("le=\"+Inf\"") != std::string::npos) all = sample.value;
  }
  if (!bounded) return not_exported("exai_prompt_tokens with a bucket of 100000");
  const double over = all - large;
  if (over > 0 && server_events(context, "model.prompt").empty())
    return check_fail(fmt::format("{:g} prompts were over 100000 tokens and no warning says so", over),
                      "exai log errors --since 24h");
  return check_pass(fmt::format("{:g} prompts measured, {:g} over 100000 tokens", all, over));
}

const Registered<Check> k_fixes_prompt_size{
    Check{.id = "fixes.prompt_size",
          .title = "large prompts are measured and warned of",
          .tags = "fixes,daily",
          .help = "A histogram of prompt sizes, and a warning above 100,000 estimated "
                  "tokens.",
          .cost = Cost::network,
          .run = run_fixes_prompt_size}};

}  // namespace
}  // namespace exai::checks
