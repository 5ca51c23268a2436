#include "engine/permits_link.hpp"

namespace exai::engine {

void PermitsLink::enter(const SharedCall& call, Next next) {
  if (call->work() == Work::inline_) return next(call);
  const Admission::Ticket ticket = next_ticket_++;
  const Steady now = services_.reach.clock->steady();
  const auto verdict = admission_.request(ticket, call->caller().session, now,
                                          now + call->config().duration("limits.permit_wait"));
  const std::string limit = std::to_string(
      verdict == Admission::Verdict::session_full ? admission_.limits().session : admission_.limits().global);
  switch (verdict) {
    case Admission::Verdict::granted:
      call->set_ticket(ticket);
      count();
      return next(call);
    case Admission::Verdict::waiting:
      call->set_ticket(ticket);
      line_.emplace(ticket, Held{call, next});
      return arm_timer();
    case Admission::Verdict::session_full:
      return next.refuse(call, busy(call->config(), "this session has " + limit + " calls in flight",
                                    "wait for one to end, or raise limits.session"));
    case Admission::Verdict::server_full:
      return next.refuse(call, busy(call->config(), "the server has " + limit + " calls in flight",
                                    "try again later, or raise limits.global"));
  }
}

void PermitsLink::arm_timer() {
  const std::optional<Steady> next = admission_.next_expiry();
  if (!next) return timer_.reset();
  const auto wait = std::chrono::ceil<Millis>(*next - services_.reach.clock->steady());
  timer_ = services_.loop.after(std::max(wait, Millis{0}), [this] { expire(); });
}

void PermitsLink::expire() {
  for (const Admission::Ticket ticket : admission_.expired(services_.reach.clock->steady())) {
    const auto found = line_.find(ticket);
    const Held held = std::move(found->second);
    line_.erase(found);
    held.call->set_ticket(0);
    const bool own = admission_.in_use(held.call->caller().session) >= admission_.limits().session;
    held.next.refuse(held.call, busy(held.call->config(),
                                     own ? "this session's calls are all in flight"
                                         : "all permits of the server are in use",
                                     own ? "wait for one to end, or raise limits.session"
                                         : "try again later, or raise limits.global"));
  }
  arm_timer();
}

bool PermitsLink::withdraw(Call& call) {
  if (call.ticket() == 0 || !admission_.withdraw(call.ticket())) return false;
  line_.erase(call.ticket());
  call.set_ticket(0);
  return true;
}

void PermitsLink::left(Call& call) {
  if (call.ticket() == 0) return;
  call.set_ticket(0);
  for (const Admission::Ticket ticket : admission_.release(call.caller().session)) {
    const auto found = line_.find(ticket);
    if (found == line_.end()) continue;
    const Held held = std::move(found->second);
    line_.erase(found);
    held.next(held.call);
  }
  arm_timer();
  count();
}

void PermitsLink::reload(const Runtime& runtime) {
  admission_.set_limits(admission_limits(runtime.config));
  count();
}

void PermitsLink::count() const {
  services_.in_flight.calls = admission_.in_use();
  services_.in_flight.limit = admission_.limits().global;
  services_.metrics.in_flight(admission_.in_use());
}

}  // namespace exai::engine
