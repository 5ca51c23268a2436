// The settings of budget.
#include "core/settings/groups.hpp"

namespace exai::setting_groups {
namespace {

using enum SettingType;

constexpr Setting k_budget_rows[] = {
    {.key = "budget.daily_usd",
     .type = text,
     .env = {"EXAI_DAILY_BUDGET_USD"},
     .group = "budget",
     .help = "US dollars that all models together may cost a day (UTC); empty = no limit",
     .form = Form::usd},
    {.key = "budget.daily_usd_glm",
     .type = text,
     .env = {"EXAI_DAILY_BUDGET_USD_GLM"},
     .group = "budget",
     .help = "US dollars that GLM may cost a day (UTC); empty = no limit",
     .form = Form::usd},
    {.key = "budget.daily_usd_kimi",
     .type = text,
     .env = {"EXAI_DAILY_BUDGET_USD_KIMI"},
     .group = "budget",
     .help = "US dollars that Kimi may cost a day (UTC); empty = no limit",
     .form = Form::usd},
    {.key = "budget.request_usd",
     .type = text,
     .env = {"MAX_COST_PER_REQUEST"},
     .group = "budget",
     .help = "US dollars that one request may cost at most, by its longest answer; empty = no limit",
     .form = Form::usd},
};

}  // namespace

constinit const std::span<const Setting> k_budget{k_budget_rows};

}  // namespace exai::setting_groups
