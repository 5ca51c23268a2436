#include "serve/calls/chat.hpp"

namespace exai::serve {

Result<Reply> ask_provider(const ChatServices& services, const ChatRequest& request, Deadline deadline,
                           const std::stop_token& stop,
                           const std::function<void(std::string_view)>& on_delta) {
  const Runtime& runtime = services.runtime;
  const Result<ModelChoice> chosen = choose_model(runtime.config, runtime.models, request.model);
  if (!chosen) return fail(chosen.error());
  const Provider& provider = *chosen->provider;
  const Config& config = runtime.config;
  const Deadline patience = deadline.within(config.duration("limits.permit_wait"), services.clock);
  const Result<Permit> permit = services.permits.acquire(std::string(provider.id), patience, stop,
                                                         config.duration("limits.retry_after"));
  if (!permit) return fail(permit.error());
  const Millis longest =
      std::min(config.duration(provider.timeout_setting), runtime.budgets[timeouts::Layer::http]);
  const ProviderCall call{config, deadline.within(longest, services.clock), stop, on_delta};
  Result<Reply> reply = provider_chat(provider, request, chosen->model, call);
  if (!reply && reply.error().kind != ErrorKind::cancelled)
    services.metrics.provider_error(provider.id, reply.error().kind);
  return reply;
}

}  // namespace exai::serve
