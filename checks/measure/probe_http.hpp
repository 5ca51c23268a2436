// One GET, and what its answer is held against.
#pragma once

#include "checks/measure/probe.hpp"

#include <string>
#include <vector>

namespace exai::checks {

/// GET; pass on 2xx. `expect` are "status=204", "contains=TEXT" or "json.path=value" ("json.status=healthy").
CheckResult probe_http(const std::string& url, const std::vector<std::string>& expect,
                       const ProbeLimits& limits);

}  // namespace exai::checks
