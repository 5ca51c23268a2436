// provider.*: key and URL of each provider, proven by the cheapest authenticated request.
#include "checks/measure/probe.hpp"
#include "core/check.hpp"
#include "core/json.hpp"
#include "core/url.hpp"
#include "io/http.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::checks {
namespace provider_check {

struct ProviderRow {
  std::string_view id, key, url;
};
constexpr std::array<ProviderRow, 3> k_providers{{{"glm", "glm.api_key", "glm.url"},
                                                  {"kimi", "kimi.api_key", "kimi.url"},
                                                  {"custom", "custom.api_key", "custom.url"}}};

const ProviderRow* find_row(std::string_view id) {
  for (const ProviderRow& row : k_providers)
    if (row.id == id) return &row;
  return nullptr;
}

bool configured(const ProviderRow& row, const Config& config) {
  return row.id == "custom" ? !config.text(row.url).empty() : !config.text(row.key).empty();
}

std::string wanted_name(const ProviderRow& row) {
  return std::string(find_setting(row.id == "custom" ? row.url : row.key)->canonical_env());
}

CheckResult judge(const ProviderRow& row, const Config& config, const io::HttpResponse& answer) {
  const std::string time = format_duration(answer.total_time);
  if (answer.status == 401 || answer.status == 403)
    return check_fail(
        fmt::format("the key was refused ({})", answer.status),
        fmt::format("check {} ({})", find_setting(row.key)->canonical_env(), config.shown(row.key)),
        Cause::config);
  if (answer.status != 200)
    return check_fail(
        fmt::format("{} answered {}", url_below(config.text(row.url), "/models").value_or(""), answer.status),
        fmt::format("is {} right?", find_setting(row.url)->canonical_env()));
  if (!json_at(answer.body, "data"))
    return check_fail("the answer is not a model list",
                      fmt::format("is {} an OpenAI-compatible endpoint?", config.text(row.url)));
  return check_pass(fmt::format("key accepted, {}", time));
}

CheckResult probe(const ProviderRow& row, const Config& config, const ProbeLimits& limits) {
  if (!configured(row, config))
    return check_fail(fmt::format("{} is not set", wanted_name(row)),
                      fmt::format("set {} in the environment or in .env", wanted_name(row)), Cause::config);
  io::HttpRequest request;
  Result<std::string> url = url_below(config.text(row.url), "/models");
  if (!url)
    return check_fail(fmt::format("{}: {}", find_setting(row.url)->canonical_env(), url.error().message),
                      url.error().hint, Cause::config);
  request.url = std::move(*url);
  request.deadline = limits.deadline;
  request.stop = limits.stop;
  const Secret key = config.secret(row.key);
  if (!key.empty()) request.headers.emplace_back("Authorization", "Bearer " + key.reveal());
  const auto answer = io::http_exchange(request);
  if (!answer) return check_unknown(answer.error());
  CheckResult result = judge(row, config, *answer);
  result.facts.push_back({"time",
                          format_duration(answer->total_time),
                          static_cast<double>(answer->total_time.count()),
                          "ms",
                          {},
                          {}});
  return result;
}

CheckResult run_one(std::string_view id, const CheckContext& context) {
  const ProviderRow& row = *find_row(id);
  if (!configured(row, context.config)) return check_skip(fmt::format("{} is not set", wanted_name(row)));
  return probe(row, context.config, {context.deadline, context.stop, {}, {}});
}

CheckResult run_any(const CheckContext& context) {
  std::string names;
  for (const ProviderRow& row : k_providers)
    if (configured(row, context.config)) names += fmt::format("{}{}", names.empty() ? "" : ", ", row.id);
  if (!names.empty()) return check_pass(names);
  return check_fail("no model provider is configured, so no AI tool can answer",
                    "set GLM_API_KEY, KIMI_API_KEY or CUSTOM_API_URL", Cause::config);
}

CheckResult run_glm(const CheckContext& context) {
  return run_one("glm", context);
}
CheckResult run_kimi(const CheckContext& context) {
  return run_one("kimi", context);
}
CheckResult run_custom(const CheckContext& context) {
  return run_one("custom", context);
}

constexpr std::string_view k_help =
    "GET {base}/models with the key: free of charge, and proves key, URL, TLS and network (deployment:34, "
    "001:153).";

const Registered<Check> k_any{
    Check{.id = "provider.any",
          .title = "at least one model provider is configured",
          .tags = "daily,doctor,deploy",
          .help = "GLM or Kimi by key, or a custom endpoint by URL (deployment:48).",
          .run = run_any}};
const Registered<Check> k_glm{Check{.id = "provider.glm",
                                    .title = "GLM accepts the key",
                                    .tags = "doctor,deploy",
                                    .help = k_help,
                                    .timeout = Millis{10000},
                                    .cost = Cost::network,
                                    .run = run_glm}};
const Registered<Check> k_kimi{Check{.id = "provider.kimi",
                                     .title = "Kimi accepts the key",
                                     .tags = "doctor,deploy",
                                     .help = k_help,
                                     .timeout = Millis{10000},
                                     .cost = Cost::network,
                                     .run = run_kimi}};
const Registered<Check> k_custom{Check{.id = "provider.custom",
                                       .title = "the custom endpoint answers",
                                       .tags = "doctor,deploy",
                                       .help = k_help,
                                       .timeout = Millis{10000},
                                       .cost = Cost::network,
                                       .run = run_custom}};

}  // namespace provider_check

CheckResult probe_provider(std::string_view provider, const Config& config, const ProbeLimits& limits) {
  const provider_check::ProviderRow* row = provider_check::find_row(provider);
  CheckResult result = row == nullptr ? check_fail(fmt::format("there is no provider \"{}\"", provider),
                                                   "glm, kimi or custom", Cause::config)
                                      : provider_check::probe(*row, config, limits);
  result.id = fmt::format("probe.provider.{}", provider);
  result.title = fmt::format("provider {}", provider);
  return result;
}

}  // namespace exai::checks
