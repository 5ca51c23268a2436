#include "serve/auth/guard.hpp"

#include <fmt/core.h>

namespace exai::serve::auth {

void QuietLog::log(std::string_view text, Steady now) {
  if (!write_) return;
  if (logged_ && now - *logged_ < pause_) {
    ++suppressed_;
    return;
  }
  logged_ = now;
  write_(suppressed_ == 0 ? std::string(text)
                          : fmt::format("{} (and {} more like it before)", text, suppressed_));
  suppressed_ = 0;
}

Guard::Guard(const AccessPolicy& access, engine::Metrics& metrics, const Clock& clock,
             engine::RateLimits limits, QuietLog::Write note)
    : access_(access),
      metrics_(metrics),
      clock_(clock),
      rates_(limits),
      refused_(note),
      turned_away_(std::move(note)) {}

void Guard::note(std::string_view text) {
  refused_.log(text, clock_.steady());
}

std::optional<net::HttpResponse> Guard::admit(net::HttpRequest& request, bool counted, const Secret* own) {
  return decide(request, access_.judge(request, own), counted);
}

std::optional<net::HttpResponse> Guard::admit_finally(net::HttpRequest& request, bool counted) {
  AccessDecision entrance = access_.judge(request, nullptr, true);
  if (entrance.kind == AccessDecision::Kind::undecided) return access_.still_unknown();
  return decide(request, std::move(entrance), counted);
}

std::optional<net::HttpResponse> Guard::decide(net::HttpRequest& request, AccessDecision entrance,
                                               bool counted) {
  if (entrance.kind == AccessDecision::Kind::undecided) return std::nullopt;
  if (entrance.kind == AccessDecision::Kind::allow) {
    request.pass = std::move(entrance.pass);
    return counted ? count(request) : std::nullopt;
  }
  if (entrance.reason.empty()) return std::move(entrance.refusal);
  metrics_.refused(entrance.reason);
  if (!entrance.note.empty()) note(fmt::format("{}, from {}", entrance.note, request.peer));
  if (entrance.reason == "scope") return std::move(entrance.refusal);
  const Millis wait = rates_.take_failure(request.peer, clock_.steady());
  if (wait.count() == 0) return std::move(entrance.refusal);
  metrics_.refused("guesses");
  const engine::RateVerdict verdict{wait, "wrong keys", rates_.limits().address, 0};
  return net::plain_error(429, "too many wrong keys from this address; a right one is let in at any time",
                          engine::rate_headers(verdict));
}

engine::RateCaller Guard::caller(const net::Pass& pass, std::string_view address) const {
  const bool named = pass.kind == net::Pass::Kind::key || pass.kind == net::Pass::Kind::bearer;
  return {address, named ? std::string_view(pass.principal.name) : std::string_view(), is_loopback(address)};
}

std::optional<net::HttpResponse> Guard::count(net::HttpRequest& request) {
  const engine::RateVerdict verdict = rates_.take(caller(*request.pass, request.peer), clock_.steady());
  if (verdict.policy.empty()) return std::nullopt;
  request.answer_headers += engine::rate_headers(verdict);
  if (verdict.wait.count() == 0) return std::nullopt;
  metrics_.refused("rate");
  return net::plain_error(429, fmt::format("too many requests; wait, or raise limits.rate_{} and its like",
                                           verdict.policy == "key"       ? "session"
                                           : verdict.policy == "address" ? "address"
                                                                         : "global"));
}

Millis Guard::take(const net::Pass& pass, std::string_view address) {
  const engine::RateVerdict verdict = rates_.take(caller(pass, address), clock_.steady());
  if (verdict.wait.count() > 0) metrics_.refused("rate");
  return verdict.wait;
}

bool Guard::refuse_hello(std::string_view address) {
  metrics_.refused("key");
  note(fmt::format("a wrong token was presented in a hello, from {}", address));
  if (rates_.take_failure(address, clock_.steady()).count() == 0) return false;
  metrics_.refused("guesses");
  return true;
}

void Guard::turned_away(std::string_view address, std::string_view listener) {
  metrics_.refused("connections");
  turned_away_.log(fmt::format("no room for a connection from {} at {} (limits.connections, "
                               "limits.connections_per_address)",
                               address, listener),
                   clock_.steady());
}

}  // namespace exai::serve::auth
