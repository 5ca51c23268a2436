// provider.any: whether any model provider is configured.
#include "checks/measure/probe_provider.hpp"
#include "core/text.hpp"
#include "models/providers/provider.hpp"

namespace exai::checks {
namespace {

CheckResult run_provider_any(const CheckContext& context) {
  const std::vector<std::string_view> found = configured_providers(context.config);
  if (!found.empty()) return check_pass(join(std::vector<std::string>(found.begin(), found.end()), ", "));
  return check_fail("no model provider is configured, so no AI tool can answer",
                    "set " + models::provider_variables(), Cause::config);
}

const Registered<Check> k_provider_any{
    Check{.id = "provider.any",
          .title = "at least one model provider is configured",
          .tags = "daily,doctor,deploy",
          .help = "GLM or Kimi by key, or a custom endpoint by URL (deployment:48).",
          .run = run_provider_any}};

}  // namespace
}  // namespace exai::checks
