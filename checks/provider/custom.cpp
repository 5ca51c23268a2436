// provider.custom: key and URL, proven by the cheapest authenticated request.
#include "checks/measure/probe_provider.hpp"

namespace exai::checks {
namespace {

CheckResult run_provider_custom(const CheckContext& context) {
  return check_provider("custom", context);
}

const Registered<Check> k_provider_custom{Check{.id = "provider.custom",
                                                .title = "the custom endpoint answers",
                                                .tags = "doctor,deploy",
                                                .help = k_provider_help,
                                                .timeout = Millis{10000},
                                                .cost = Cost::network,
                                                .run = run_provider_custom}};

}  // namespace
}  // namespace exai::checks
