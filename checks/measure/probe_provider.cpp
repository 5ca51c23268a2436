#include "checks/measure/probe_provider.hpp"

#include "core/json.hpp"
#include "core/url.hpp"
#include "io/http.hpp"

#include <array>

#include <fmt/core.h>

namespace exai::checks {
namespace {

struct ProviderRow {
  std::string_view id, key, url;
};
constexpr std::array<ProviderRow, 3> k_provider_rows{{{"glm", "glm.api_key", "glm.url"},
                                                      {"kimi", "kimi.api_key", "kimi.url"},
                                                      {"custom", "custom.api_key", "custom.url"}}};

const ProviderRow* find_provider_row(std::string_view id) {
  for (const ProviderRow& row : k_provider_rows)
    if (row.id == id) return &row;
  return nullptr;
}

bool is_configured(const ProviderRow& row, const Config& config) {
  return row.id == "custom" ? !config.text(row.url).empty() : !config.text(row.key).empty();
}

std::string wanted_setting(const ProviderRow& row) {
  return std::string(find_setting(row.id == "custom" ? row.url : row.key)->canonical_env());
}

CheckResult judge_models(const ProviderRow& row, const Config& config, const io::HttpResponse& answer) {
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

CheckResult ask_models(const ProviderRow& row, const Config& config, const ProbeLimits& limits) {
  if (!is_configured(row, config))
    return check_fail(fmt::format("{} is not set", wanted_setting(row)),
                      fmt::format("set {} in the environment or in .env", wanted_setting(row)),
                      Cause::config);
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
  CheckResult result = judge_models(row, config, *answer);
  result.facts.push_back({"time",
                          format_duration(answer->total_time),
                          static_cast<double>(answer->total_time.count()),
                          "ms",
                          {},
                          {}});
  return result;
}

CheckResult ask_provider(std::string_view name, const ProviderRow* row, const Config& config,
                         const ProbeLimits& limits) {
  if (row != nullptr) return ask_models(*row, config, limits);
  return check_fail(fmt::format("there is no provider \"{}\"", name), "glm, kimi or custom", Cause::config);
}

}  // namespace

CheckResult probe_provider(std::string_view provider, const Config& config, const ProbeLimits& limits) {
  const ProviderRow* row = find_provider_row(provider);
  CheckResult result = ask_provider(provider, row, config, limits);
  result.id = fmt::format("probe.provider.{}", provider);
  result.title = fmt::format("provider {}", provider);
  return result;
}

CheckResult check_provider(std::string_view provider, const CheckContext& context) {
  const ProviderRow* row = find_provider_row(provider);
  if (row != nullptr && !is_configured(*row, context.config))
    return check_skip(fmt::format("{} is not set", wanted_setting(*row)));
  return ask_provider(provider, row, context.config, limits_of(context));
}

std::vector<std::string_view> configured_providers(const Config& config) {
  std::vector<std::string_view> names;
  for (const ProviderRow& row : k_provider_rows)
    if (is_configured(row, config)) names.push_back(row.id);
  return names;
}

}  // namespace exai::checks
