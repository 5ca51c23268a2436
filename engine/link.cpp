#include "engine/link.hpp"

#include "core/registry.hpp"
#include "core/result.hpp"
#include "engine/call.hpp"

#include <algorithm>

namespace exai::engine {

void Next::operator()(const SharedCall& call) const {
  (*links_)->enter(call, Next(links_ + 1, *end_));
}

void Next::refuse(const SharedCall& call, Error why) const {
  end_->answer(call, {fail(std::move(why)), false});
  end_->over(call);
}

void CallChain::add_policies(CallPolicy::Place place, const CallServices& services) {
  for (const CallPolicy* policy : Registered<CallPolicy>::all())
    if (policy->place == place) add(policy->make(services));
}

bool CallChain::withdraw(Call& call) const {
  return std::any_of(links_.begin(), links_.end(), [&](const auto& link) { return link->withdraw(call); });
}

void CallChain::answered(const Call& call, const CallOutcome& outcome) const {
  for (const auto& link : links_) link->answered(call, outcome);
}

void CallChain::left(Call& call) const {
  for (const auto& link : links_) link->left(call);
}

void CallChain::reload(const Runtime& runtime) const {
  for (const auto& link : links_) link->reload(runtime);
}

}  // namespace exai::engine
