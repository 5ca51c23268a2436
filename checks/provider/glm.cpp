// provider.glm: key and URL, proven by the cheapest authenticated request.
#include "checks/measure/probe_provider.hpp"

namespace exai::checks {
namespace {

CheckResult run_provider_glm(const CheckContext& context) {
  return check_provider("glm", context);
}

const Registered<Check> k_provider_glm{Check{.id = "provider.glm",
                                             .title = "GLM accepts the key",
                                             .tags = "doctor,deploy",
                                             .help = k_provider_help,
                                             .timeout = Millis{10000},
                                             .cost = Cost::network,
                                             .run = run_provider_glm}};

}  // namespace
}  // namespace exai::checks
