#include "engine/admission.hpp"

#include <algorithm>

namespace exai::engine {

AdmissionLimits admission_limits(const Config& config) {
  AdmissionLimits limits;
  limits.global = static_cast<int>(config.integer("limits.global"));
  limits.session = static_cast<int>(config.integer("limits.session"));
  limits.waiting = std::max<std::size_t>(64, static_cast<std::size_t>(limits.global));
  return limits;
}

Error busy(const Config& config, std::string why, std::string hint) {
  Error error = make_error(ErrorKind::busy, std::move(why), std::move(hint));
  error.retry_after = config.duration("limits.retry_after");
  return error;
}

int Admission::in_use(const std::string& session) const {
  const auto found = by_session_.find(session);
  return found == by_session_.end() ? 0 : found->second;
}

bool Admission::free_for(const std::string& session) const {
  return in_use_ < limits_.global && in_use(session) < limits_.session;
}

void Admission::take(const std::string& session) {
  ++in_use_;
  ++by_session_[session];
}

Admission::Verdict Admission::request(Ticket ticket, const std::string& session, Steady now, Steady give_up) {
  if (free_for(session)) {
    take(session);
    return Verdict::granted;
  }
  if (give_up > now && line_.size() < limits_.waiting) {
    line_.push_back({ticket, session, give_up});
    return Verdict::waiting;
  }
  return in_use(session) >= limits_.session ? Verdict::session_full : Verdict::server_full;
}

bool Admission::withdraw(Ticket ticket) {
  const auto found =
      std::find_if(line_.begin(), line_.end(), [&](const Waiting& one) { return one.ticket == ticket; });
  if (found == line_.end()) return false;
  line_.erase(found);
  return true;
}

std::vector<Admission::Ticket> Admission::release(const std::string& session) {
  --in_use_;
  if (const auto found = by_session_.find(session); found != by_session_.end() && --found->second == 0)
    by_session_.erase(found);
  std::vector<Ticket> granted;
  for (auto one = line_.begin(); one != line_.end() && in_use_ < limits_.global;) {
    if (!free_for(one->session)) {
      ++one;
      continue;
    }
    take(one->session);
    granted.push_back(one->ticket);
    one = line_.erase(one);
  }
  return granted;
}

std::vector<Admission::Ticket> Admission::expired(Steady now) {
  std::vector<Ticket> over;
  for (auto one = line_.begin(); one != line_.end();) {
    if (one->give_up <= now) {
      over.push_back(one->ticket);
      one = line_.erase(one);
    } else {
      ++one;
    }
  }
  return over;
}

std::optional<Steady> Admission::next_expiry() const {
  std::optional<Steady> next;
  for (const Waiting& one : line_) next = next ? std::min(*next, one.give_up) : one.give_up;
  return next;
}

}  // namespace exai::engine
