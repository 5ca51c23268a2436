// Who may run it: what a job needs (Job::scope) against what the caller's key has.
#include "core/registry.hpp"
#include "engine/call.hpp"
#include "engine/link.hpp"

namespace exai::engine {
namespace {

class ScopeLink final : public CallLink {
 public:
  void enter(const SharedCall& call, Next next) override {
    const Job& job = call->job();
    const std::string& what = job.subject.empty() ? job.name : job.subject;
    if (const Result<void> allowed = check_scope(call->caller().principal, job.scope, what); !allowed)
      return next.refuse(call, allowed.error());
    next(call);
  }
};

const Registered<CallPolicy> k_scope{CallPolicy{
    .id = "scope",
    .place = CallPolicy::Place::before_permit,
    .make = [](const CallServices&) -> std::unique_ptr<CallLink> { return std::make_unique<ScopeLink>(); }}};

}  // namespace
}  // namespace exai::engine
