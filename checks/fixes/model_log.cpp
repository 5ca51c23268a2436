// fixes.model_log: whether each model call is logged with what decided it.
#include "checks/measure/metrics.hpp"
#include "checks/measure/own_server.hpp"
#include "checks/measure/server_log.hpp"
#include "core/json.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_fixes_model_log(const CheckContext& context) {
  const auto metrics = page_text(context, "/metrics");
  if (!metrics) return check_unknown(metrics.error());
  double answers = 0;
  for (const Sample& sample : samples(*metrics, "exai_model_tokens_total")) answers += sample.value;
  const std::vector<std::string> calls = server_events(context, "model.call");
  if (calls.empty())
    return answers > 0 ? check_fail("models were asked, but no line tells which and how",
                                    "set LOG_LEVEL=INFO and look at log.dir")
                       : check_skip("no model was asked yet");
  for (const char* field : {"tool", "model", "provider", "thinking", "temperature", "timeout"})
    if (!json_at(calls.back(), field))
      return check_fail(fmt::format("a line of a model call does not say its {}", field), "exai log tail");
  return check_pass(
      fmt::format("{} lines name tool, model, provider, thinking, temperature and timeout", calls.size()));
}

const Registered<Check> k_fixes_model_log{
    Check{.id = "fixes.model_log",
          .title = "every model call is logged with what decided it",
          .tags = "fixes,daily",
          .help = "The server log names tool, model, provider, thinking mode, temperature "
                  "and timeout of each call.",
          .cost = Cost::network,
          .run = run_fixes_model_log}};

}  // namespace
}  // namespace exai::checks
