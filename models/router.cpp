#include "models/router.hpp"

#include "core/text.hpp"
#include "models/providers/choose.hpp"
#include "models/providers/provider.hpp"
#include "models/request.hpp"

#include <fmt/core.h>

namespace exai::models {
namespace {

std::string failed_attempt(const ModelChoice& choice, Failure failure, const Error& error) {
  return fmt::format("{}/{}: {}: {}", choice.provider->id, printable(choice.model.name), to_string(failure),
                     error.message);
}

/// The error when nobody answered: the first one's failure, and who else was asked.
Error all_failed(Error first, const std::vector<std::string>& failed_attempts, Millis soonest) {
  for (std::size_t i = 1; i < failed_attempts.size(); ++i) first.message += "; instead " + failed_attempts[i];
  if (soonest > Millis{0}) first.retry_after = soonest;
  return first;
}

}  // namespace

ModelRouter::ModelRouter(Services services)
    : services_(std::move(services)),
      breakers_([this](const Breakers::Row& now, Circuit before) { circuit_changed(now, before); }),
      cache_(services_.clock) {
  if (services_.spend != nullptr) return;
  own_spend_ = std::make_unique<Spend>(nullptr, services_.clock);
  services_.spend = own_spend_.get();
}

void ModelRouter::circuit_changed(const Breakers::Row& now, Circuit before) {
  services_.observer.circuit(now.provider, now.model, static_cast<int>(now.state));
  if (services_.log == nullptr) return;
  services_.log->write(
      now.state == Circuit::open ? io::LogLevel::warning : io::LogLevel::info, "CIRCUIT_BREAKER",
      fmt::format("{}/{}: {} -> {}", now.provider, now.model, to_string(before), to_string(now.state)),
      {{"service", now.provider + "/" + now.model},
       {"from", std::string(to_string(before))},
       {"to", std::string(to_string(now.state))},
       {"failures", fmt::format("{}", now.failures)}});
}

Result<Reply> ModelRouter::chat(const ModelSettings& settings, const ChatRequest& request, Deadline deadline,
                                const std::stop_token& stop,
                                const std::function<void(std::string_view)>& on_delta, std::string_view tool,
                                std::string_view limit) {
  const Config& config = settings.config;
  Result<ModelChoice> chosen = choose_model(config, settings.models, request, tool);
  if (!chosen) return fail(chosen.error());
  std::vector<ModelChoice> candidates;
  if (request.failover && config.boolean("failover.enabled"))
    candidates = fallbacks(config, settings.models, *chosen, request);
  candidates.insert(candidates.begin(), std::move(*chosen));
  if (request.timeout > Millis{0} && request.timeout < deadline.left(services_.clock)) {
    deadline = deadline.within(request.timeout, services_.clock);
    limit = request.timeout_setting;
  }
  ModelRequest model_request(*this, settings, stop, tool, limit);
  std::vector<std::string> failed_attempts;
  std::optional<Error> first;
  Millis soonest{0};
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    const bool last = i + 1 == candidates.size();
    // A silent provider must leave time for the fallbacks.
    const Millis share = deadline.left(services_.clock) * config.integer("failover.first_share") / 100;
    const Deadline until = last ? deadline : deadline.within(share, services_.clock);
    AttemptResult<Reply> result = model_request.chat(candidates[i], request, until, !last, on_delta);
    if (result.answer) {
      failed_attempts.insert(failed_attempts.end(), result.answer->failed_attempts.begin(),
                             result.answer->failed_attempts.end());
      result.answer->failed_attempts = std::move(failed_attempts);
      return std::move(result.answer);
    }
    Error& error = result.answer.error();
    if (result.failure == Failure::cancelled) return fail(std::move(error));
    failed_attempts.push_back(failed_attempt(candidates[i], result.failure, error));
    if (error.retry_after > Millis{0})
      soonest = soonest > Millis{0} ? std::min(soonest, error.retry_after) : error.retry_after;
    const bool ends = result.streamed || !replaceable(result.failure) || last ||
                      deadline.passed(services_.clock) || stop.stop_requested();
    if (!ends) model_request.log_failover(candidates[i], candidates[i + 1], error);
    if (!first) first = std::move(error);
    if (ends) break;
  }
  return fail(all_failed(std::move(*first), failed_attempts, soonest));
}

Result<ProviderAnswer> ModelRouter::ask(const ModelSettings& settings, const ProviderRequest& request,
                                        Deadline deadline, const std::stop_token& stop, std::string_view tool,
                                        std::string_view limit) {
  const Provider* provider = find_provider(request.provider);
  if (provider == nullptr)
    return fail(ErrorKind::internal, fmt::format("no provider is called '{}'", printable(request.provider)));
  return ModelRequest(*this, settings, stop, tool, limit).ask(*provider, request, deadline).answer;
}

}  // namespace exai::models
