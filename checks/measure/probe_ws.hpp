// The greeting of a server that speaks exai_ws.
#pragma once

#include "checks/measure/probe.hpp"
#include "core/secret.hpp"

#include <string>

namespace exai::checks {

/// Upgrade, hello, hello_ack (deployment:154-159, deployment:73).
CheckResult probe_ws(const std::string& url, const Secret& token, const ProbeLimits& limits);

}  // namespace exai::checks
