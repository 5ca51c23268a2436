// What the health endpoint of a server said, as a result.
#pragma once

#include "core/report.hpp"

#include <string_view>

namespace exai::checks {

/// "healthy" passes, "degraded" warns, "unhealthy" fails; each names the components that are not healthy and
/// what they say. A body that is not a health report fails: something else answers there. `url` is what was
/// asked.
CheckResult judge_health_answer(int status, std::string_view body, std::string_view url);

}  // namespace exai::checks
