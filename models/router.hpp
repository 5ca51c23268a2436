// From "ask a model" to an answer: choice, budget, circuit, permit, deadline, the provider's client, and then
// again: the same model once more, or another provider's.
#pragma once

#include "core/deadline.hpp"
#include "io/log.hpp"
#include "models/breaker.hpp"
#include "models/observer.hpp"
#include "models/permits.hpp"
#include "models/providers/context_cache.hpp"
#include "models/providers/provider.hpp"
#include "models/retry.hpp"
#include "models/settings.hpp"
#include "models/spend.hpp"

#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

namespace exai::models {

class ModelRouter {
 public:
  struct Services {
    ProviderPermits& permits;
    ModelObserver& observer;
    const Clock& clock;
    ProviderTransport& transport;
    io::Log* log = nullptr;
    Spend* spend = nullptr;            ///< none: a day's costs are forgotten with the router
    std::function<double()> chance{};  ///< from 0 to 1, to spread repetitions; none = always in the middle
  };
  explicit ModelRouter(Services services);

  /// Blocking, on the worker's thread; any number of them at a time. `tool` is the caller, for the log and
  /// the rule table; `limit` is the setting that the deadline comes from, for the hint of a timeout. A model
  /// that is named may have fallbacks too, unless request.failover forbids it: Reply names who answered, and
  /// its failed_attempts who did not.
  Result<Reply> chat(const ModelSettings& settings, const ChatRequest& request, Deadline deadline,
                     const std::stop_token& stop, const std::function<void(std::string_view)>& on_delta,
                     std::string_view tool = {}, std::string_view limit = {});
  /// Goes to the named provider only; repeated like a chat when the request allows it.
  Result<ProviderAnswer> ask(const ModelSettings& settings, const ProviderRequest& request, Deadline deadline,
                             const std::stop_token& stop, std::string_view tool = {},
                             std::string_view limit = {});

  /// Circuits that are open or have seen failures lately.
  /// For other servers of this deployment, and from them.
  [[nodiscard]] Breakers& circuits() { return breakers_; }
  [[nodiscard]] std::vector<Breakers::Row> breakers() const {
    return breakers_.rows(services_.clock.steady());
  }

 private:
  friend class ModelRequest;
  void circuit_changed(const Breakers::Row& now, Circuit before);

  Services services_;
  std::unique_ptr<Spend> own_spend_;
  Breakers breakers_;
  ContextCache cache_;
};

}  // namespace exai::models
