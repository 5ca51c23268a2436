// What this server and others of the same deployment tell each other once in a while: what callers have used
// up of their limits, and which models are not asked now.
#pragma once

#include "engine/background.hpp"
#include "engine/rate_limit.hpp"
#include "models/breaker.hpp"
#include "store/shared_state.hpp"

#include <memory>

namespace exai::serve {

/// Loop thread. While the shared state is away the limits hold for each server alone, and what was used
/// meanwhile is not told afterwards; circuits that opened or closed meanwhile are.
class Sharing {
 public:
  /// Nothing is done when `state` is null. Everything outlives this.
  Sharing(store::SharedState* state, engine::Background& background, engine::RateLimiter& rates,
          models::Breakers& circuits, const Clock& clock);
  /// Begins, and goes on until this ends.
  void start();

 private:
  struct Exchange;
  void exchange();
  void take(const Exchange& done);

  store::SharedState* state_;
  engine::Background& background_;
  engine::RateLimiter& rates_;
  models::Breakers& circuits_;
  const Clock& clock_;
  std::vector<store::OpenCircuit> untold_;
  std::unique_ptr<engine::Timer> next_;
};

}  // namespace exai::serve
