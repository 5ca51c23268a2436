#include "serve/calls/model_router.hpp"

#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::serve {

Result<Permit> ModelRouter::permit(const Runtime& runtime, const Provider& provider, Deadline deadline,
                                   const std::stop_token& stop) {
  const Config& config = runtime.config;
  const Deadline patience = deadline.within(config.duration("limits.permit_wait"), services_.clock);
  return services_.permits.acquire(std::string(provider.id), patience, stop,
                                   config.duration("limits.retry_after"));
}

Result<Reply> ModelRouter::chat(const Runtime& runtime, const ChatRequest& request, Deadline deadline,
                                const std::stop_token& stop,
                                const std::function<void(std::string_view)>& on_delta) {
  const Result<ModelChoice> chosen = choose_model(runtime.config, runtime.models, request.model);
  if (!chosen) return fail(chosen.error());
  const Provider& provider = *chosen->provider;
  const Result<Permit> held = permit(runtime, provider, deadline, stop);
  if (!held) return fail(held.error());
  const Millis longest = request.timeout.count() > 0
                             ? request.timeout
                             : std::min(runtime.config.duration(provider.timeout_setting),
                                        runtime.budgets[timeouts::Layer::http]);
  const ProviderCall call{
      runtime.config, deadline.within(longest, services_.clock), stop, on_delta, services_.transport,
      request.timeout};
  Result<Reply> reply = provider_chat(provider, request, chosen->model, call);
  if (!reply && reply.error().kind != ErrorKind::cancelled)
    services_.metrics.provider_error(provider.id, reply.error().kind);
  return reply;
}

Result<ProviderAnswer> ModelRouter::ask(const Runtime& runtime, const ProviderAsk& ask, Deadline deadline,
                                        const std::stop_token& stop) {
  const Provider* provider = find_provider(ask.provider);
  if (provider == nullptr)
    return fail(ErrorKind::internal, fmt::format("no provider is called '{}'", printable(ask.provider)));
  const Result<Permit> held = permit(runtime, *provider, deadline, stop);
  if (!held) return fail(held.error());
  const ProviderCall call{runtime.config, deadline, stop, {}, services_.transport};
  Result<ProviderAnswer> answer = provider_ask(*provider, ask, call);
  if (!answer && answer.error().kind != ErrorKind::cancelled)
    services_.metrics.provider_error(provider->id, answer.error().kind);
  return answer;
}

}  // namespace exai::serve
