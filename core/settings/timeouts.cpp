// The settings of timeouts.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_timeouts_rows[] = {
    {.key = "timeouts.profile",
     .type = text,
     .default_value = "runbook",
     .env = {"EXAI_TIMEOUT_PROFILE"},
     .group = "timeouts",
     .help = "runbook, deploy-guide, strict-chain, minimum, or one of exai.yaml",
     .form = Form::profile},
    {.key = "timeouts.simple",
     .type = duration,
     .unit = "s",
     .default_value = "60s",
     .min = "1ms",
     .max = "1h",
     .env = {"SIMPLE_TOOL_TIMEOUT_SECS"},
     .group = "timeouts",
     .help = "simple tools"},
    {.key = "timeouts.workflow",
     .type = duration,
     .unit = "s",
     .default_value = "300s",
     .min = "1ms",
     .max = "1h",
     .env = {"WORKFLOW_TOOL_TIMEOUT_SECS"},
     .group = "timeouts",
     .help = "workflow tools; the outer layers follow from it"},
    {.key = "timeouts.expert",
     .type = duration,
     .unit = "s",
     .default_value = "180s",
     .min = "1ms",
     .max = "1h",
     .env = {"EXPERT_ANALYSIS_TIMEOUT_SECS"},
     .group = "timeouts",
     .help = "expert analysis at the end of a workflow"},
    {.key = "timeouts.http",
     .type = duration,
     .unit = "s",
     .default_value = "300s",
     .min = "1ms",
     .max = "1h",
     .env = {"EX_HTTP_TIMEOUT_SECONDS"},
     .group = "timeouts",
     .help = "one HTTP exchange at most"},
    {.key = "timeouts.daemon",
     .type = duration,
     .unit = "s",
     .min = "1ms",
     .max = "3h",
     .env = {"EXAI_WS_DAEMON_TIMEOUT", "DAEMON_TIMEOUT_SECS"},
     .group = "timeouts",
     .help = "derived (3/2 x workflow); settable only where the profile allows it"},
    {.key = "timeouts.shim",
     .type = duration,
     .unit = "s",
     .min = "1ms",
     .max = "3h",
     .env = {"EXAI_WS_SHIM_TIMEOUT", "SHIM_TIMEOUT_SECS", "EXAI_SHIM_RPC_TIMEOUT"},
     .group = "timeouts",
     .help = "derived (2 x workflow); settable only where the profile allows it"},
    {.key = "timeouts.client",
     .type = duration,
     .unit = "s",
     .min = "1ms",
     .max = "3h",
     .env = {"EXAI_CLIENT_TIMEOUT"},
     .group = "timeouts",
     .help = "derived (5/2 x workflow); settable only where the profile allows it"},
};

}  // namespace

constinit const std::span<const Setting> k_timeouts{k_timeouts_rows};

}  // namespace exai::setting_groups
