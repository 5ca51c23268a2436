// deploy.environment: the variables that the deployment guide asks for.
#include "core/check.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::checks {
namespace {

// The nine variables of the deployment guide (deployment:101-116) and its timezone.
constexpr std::array<std::string_view, 9> k_deploy_variables{"glm.api_key",
                                                             "kimi.api_key",
                                                             "supabase.url",
                                                             "supabase.anon_key",
                                                             "supabase.service_role_key",
                                                             "redis.password",
                                                             "redis.commander_user",
                                                             "redis.commander_password",
                                                             "deploy.timezone"};

CheckResult run_deploy_environment(const CheckContext& context) {
  std::vector<Finding> findings;
  for (const std::string_view key : k_deploy_variables) {
    if (!context.config.text(key).empty()) continue;
    const std::string_view name = find_setting(key)->canonical_env();
    findings.push_back({Status::fail, "deploy.required", fmt::format("{} is not set", name), std::nullopt,
                        fmt::format("add {}=... to the env file", name)});
  }
  if (context.config.text("redis.commander_user") == "admin")
    findings.push_back({Status::fail, "deploy.commander", "REDIS_COMMANDER_USER is the well-known \"admin\"",
                        std::nullopt, "choose another name"});
  if (findings.empty()) return check_pass("all nine are set");
  CheckResult result = check_fail(findings.front().message, findings.front().hint, Cause::config);
  if (findings.size() > 1) result.summary += fmt::format(" (and {} more)", findings.size() - 1);
  result.findings = std::move(findings);
  return result;
}

const Registered<Check> k_deploy_environment{Check{
    .id = "deploy.environment",
    .title = "the deployment guide's nine variables are set",
    .tags = "deploy",
    .help =
        "Provider keys, Supabase, Redis, Redis Commander and TZ, none a placeholder (deployment:101-116).",
    .run = run_deploy_environment}};

}  // namespace
}  // namespace exai::checks
