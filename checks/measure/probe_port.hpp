// Whether something listens on a TCP port.
#pragma once

#include "checks/measure/probe.hpp"

#include <string>

namespace exai::checks {

/// "8079", "host:8079", "[::1]:8079" or a URL; `expect_free` turns the judgement round (before a deployment).
CheckResult probe_port(const std::string& target, bool expect_free, const ProbeLimits& limits);

}  // namespace exai::checks
