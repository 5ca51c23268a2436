// From "ask this model" to one provider's answer: model, provider, key, permit, deadline.
#pragma once

#include "core/deadline.hpp"
#include "serve/calls/metrics.hpp"
#include "serve/calls/permits.hpp"
#include "serve/calls/runtime.hpp"
#include "serve/providers/provider.hpp"

#include <functional>
#include <stop_token>

namespace exai::serve {

struct ChatServices {
  const Runtime& runtime;
  ProviderPermits& permits;
  Metrics& metrics;
  const Clock& clock;
};

/// Blocking, on the worker's thread.
Result<Reply> ask_provider(const ChatServices& services, const ChatRequest& request, Deadline deadline,
                           const std::stop_token& stop,
                           const std::function<void(std::string_view)>& on_delta);

}  // namespace exai::serve
