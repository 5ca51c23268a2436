#include "serve/sharing.hpp"

namespace exai::serve {
namespace {

constexpr Millis k_exchange_every{500};
constexpr Millis k_fresh{3000};  // an older number says nothing about what was taken lately
constexpr std::size_t k_max_untold = 256;

std::vector<store::OpenCircuit> told(const std::vector<models::Breakers::Row>& rows) {
  std::vector<store::OpenCircuit> circuits;
  for (const models::Breakers::Row& row : rows)
    circuits.push_back({row.provider, row.model, row.failures, row.retry_after});
  return circuits;
}

}  // namespace

struct Sharing::Exchange {
  std::vector<store::BucketUse> used;
  std::vector<store::OpenCircuit> changed;
  Result<std::vector<std::int64_t>> totals;
  Result<std::vector<store::OpenCircuit>> open;
};

Sharing::Sharing(store::SharedState* state, engine::Background& background, engine::RateLimiter& rates,
                 models::Breakers& circuits, const Clock& clock)
    : state_(state), background_(background), rates_(rates), circuits_(circuits), clock_(clock) {}

void Sharing::start() {
  if (state_ != nullptr) exchange();
}

void Sharing::exchange() {
  const auto done = std::make_shared<Exchange>();
  done->used = rates_.taken();
  done->changed = std::move(untold_);
  untold_.clear();
  for (store::OpenCircuit& one : told(circuits_.changes(clock_.steady())))
    done->changed.push_back(std::move(one));
  background_.run(
      [this, done] {
        done->totals = state_->take(done->used);
        done->open = state_->tell_circuits(done->changed);
      },
      [this, done] {
        take(*done);
        next_ = background_.loop().after(k_exchange_every, [this] { exchange(); });
      });
}

void Sharing::take(const Exchange& done) {
  const Steady now = clock_.steady();
  if (done.totals) rates_.taken_by_all(done.used, *done.totals, now, k_fresh);
  if (!done.open) {
    untold_ = done.changed;
    if (untold_.size() > k_max_untold) untold_.erase(untold_.begin(), untold_.end() - k_max_untold);
    return;
  }
  for (const store::OpenCircuit& one : *done.open)
    circuits_.opened_elsewhere(one.provider, one.model, one.failures, one.left, now);
}

}  // namespace exai::serve
