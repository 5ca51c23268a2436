// The tables that settings() puts together, one file a group.
#pragma once

#include "core/settings.hpp"

#include <span>

namespace exai::setting_groups {

extern const std::span<const Setting> k_server, k_access, k_limits, k_daemon, k_timeouts, k_providers,
    k_reliability, k_budget, k_models, k_conversations, k_provider_files, k_web_search, k_tools, k_workflows,
    k_logs, k_deployment;

}  // namespace exai::setting_groups
