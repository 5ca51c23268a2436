#include "checks/measure/probe_provider.hpp"

#include "core/json.hpp"
#include "core/url.hpp"
#include "io/http.hpp"
#include "models/providers/provider.hpp"

#include <fmt/format.h>

namespace exai::checks {
namespace {

bool is_there(const models::Provider& provider, const Config& config) {
  return !config.text(provider.needed_setting()).empty();
}

std::string needed_variable(const models::Provider& provider) {
  return std::string(find_setting(provider.needed_setting())->canonical_env());
}

CheckResult judge_models(const models::Provider& provider, const Config& config,
                         const io::HttpResponse& answer) {
  const std::string time = format_duration(answer.total_time);
  if (answer.status == 401 || answer.status == 403)
    return check_fail(fmt::format("the key was refused ({})", answer.status),
                      fmt::format("check {} ({})", find_setting(provider.key_setting)->canonical_env(),
                                  config.shown(provider.key_setting)),
                      Cause::config);
  if (answer.status != 200)
    return check_fail(
        fmt::format("{} answered {}", url_below(config.text(provider.url_setting), "/models").value_or(""),
                    answer.status),
        fmt::format("is {} right?", find_setting(provider.url_setting)->canonical_env()));
  if (!json_at(answer.body, "data"))
    return check_fail("the answer is not a model list",
                      fmt::format("is {} an OpenAI-compatible endpoint?", config.text(provider.url_setting)));
  return check_pass(fmt::format("key accepted, {}", time));
}

CheckResult ask_models(const models::Provider& provider, const Config& config, const ProbeLimits& limits) {
  if (!is_there(provider, config))
    return check_fail(fmt::format("{} is not set", needed_variable(provider)),
                      fmt::format("set {} in the environment or in .env", needed_variable(provider)),
                      Cause::config);
  io::HttpRequest request;
  Result<std::string> url = url_below(config.text(provider.url_setting), "/models");
  if (!url)
    return check_fail(
        fmt::format("{}: {}", find_setting(provider.url_setting)->canonical_env(), url.error().message),
        url.error().hint, Cause::config);
  request.url = std::move(*url);
  request.deadline = limits.deadline;
  request.stop = limits.stop;
  const Secret key = config.secret(provider.key_setting);
  if (!key.empty()) request.headers.emplace_back("Authorization", "Bearer " + key.reveal());
  const auto answer = io::http_exchange(request);
  if (!answer) return check_unknown(answer.error());
  CheckResult result = judge_models(provider, config, *answer);
  result.facts.push_back({"time",
                          format_duration(answer->total_time),
                          static_cast<double>(answer->total_time.count()),
                          "ms",
                          {},
                          {}});
  return result;
}

CheckResult ask_provider(std::string_view name, const models::Provider* provider, const Config& config,
                         const ProbeLimits& limits) {
  if (provider != nullptr) return ask_models(*provider, config, limits);
  std::vector<std::string> names;
  for (const models::Provider* known : models::providers_by_rank()) names.emplace_back(known->id);
  return check_fail(fmt::format("there is no provider \"{}\"", name),
                    fmt::format("{}", fmt::join(names, ", ")), Cause::config);
}

}  // namespace

CheckResult probe_provider(std::string_view provider, const Config& config, const ProbeLimits& limits) {
  CheckResult result = ask_provider(provider, models::find_provider(provider), config, limits);
  result.id = fmt::format("probe.provider.{}", provider);
  result.title = fmt::format("provider {}", provider);
  return result;
}

CheckResult check_provider(std::string_view provider, const CheckContext& context) {
  const models::Provider* known = models::find_provider(provider);
  if (known != nullptr && !is_there(*known, context.config))
    return check_skip(fmt::format("{} is not set", needed_variable(*known)));
  return ask_provider(provider, known, context.config, limits_of(context));
}

std::vector<std::string_view> configured_providers(const Config& config) {
  std::vector<std::string_view> names;
  for (const models::Provider* provider : models::providers_by_rank())
    if (is_there(*provider, config)) names.push_back(provider->id);
  return names;
}

}  // namespace exai::checks
