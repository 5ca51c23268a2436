// A model provider, asked the cheapest question that proves key, URL, TLS and network.
#pragma once

#include "checks/measure/probe.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::checks {

/// GET {base}/models with the key of the provider of that id; config problems are failures with cause
/// config.
CheckResult probe_provider(std::string_view provider, const Config& config, const ProbeLimits& limits);
/// The same as a check asks it: skipped when the provider is not configured, free of charge when it is.
CheckResult check_provider(std::string_view provider, const CheckContext& context);
/// What the records of these checks say about themselves.
inline constexpr std::string_view k_provider_help =
    "GET {base}/models with the key: free of charge, and proves key, URL, TLS and network (deployment:34, "
    "001:153).";

/// Those whose key, or for a custom endpoint whose URL, is set.
std::vector<std::string_view> configured_providers(const Config& config);

}  // namespace exai::checks
