// From "ask a model" to an answer: route, permit, deadline, the provider's client.
#pragma once

#include "core/deadline.hpp"
#include "serve/calls/metrics.hpp"
#include "serve/calls/permits.hpp"
#include "serve/calls/runtime.hpp"
#include "serve/providers/provider.hpp"

#include <functional>
#include <stop_token>

namespace exai::serve {

class ModelRouter {
 public:
  struct Services {
    ProviderPermits& permits;
    Metrics& metrics;
    const Clock& clock;
    ProviderTransport& transport;
  };
  explicit ModelRouter(Services services) : services_(services) {}

  /// Blocking, on the worker's thread; any number of them at a time.
  Result<Reply> chat(const Runtime& runtime, const ChatRequest& request, Deadline deadline,
                     const std::stop_token& stop, const std::function<void(std::string_view)>& on_delta);
  Result<ProviderAnswer> ask(const Runtime& runtime, const ProviderAsk& ask, Deadline deadline,
                             const std::stop_token& stop);

 private:
  Result<Permit> permit(const Runtime& runtime, const Provider& provider, Deadline deadline,
                        const std::stop_token& stop);

  Services services_;
};

}  // namespace exai::serve
