// provider.kimi: key and URL, proven by the cheapest authenticated request.
#include "checks/measure/probe_provider.hpp"

namespace exai::checks {
namespace {

CheckResult run_provider_kimi(const CheckContext& context) {
  return check_provider("kimi", context);
}

const Registered<Check> k_provider_kimi{Check{.id = "provider.kimi",
                                              .title = "Kimi accepts the key",
                                              .tags = "doctor,deploy",
                                              .help = k_provider_help,
                                              .timeout = Millis{10000},
                                              .cost = Cost::network,
                                              .run = run_provider_kimi}};

}  // namespace
}  // namespace exai::checks
