#include "models/retry.hpp"

#include "core/forms.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::models {

std::string_view to_string(Failure failure) {
  switch (failure) {
    case Failure::cancelled:
      return "cancelled";
    case Failure::caller:
      return "caller";
    case Failure::setup:
      return "setup";
    case Failure::no_permit:
      return "no_permit";
    case Failure::circuit_open:
      return "circuit_open";
    case Failure::limited:
      return "rate_limit";
    case Failure::failed:
      return "failed";
    case Failure::unreachable:
      return "unreachable";
    case Failure::nonsense:
      return "bad_answer";
    case Failure::timeout:
      return "timeout";
  }
  return "failed";
}

Failure judge_failure(const Error& error, const Attempt& attempt) {
  switch (error.kind) {
    case ErrorKind::cancelled:
      return Failure::cancelled;
    case ErrorKind::timeout:
      return Failure::timeout;
    case ErrorKind::unreachable:
      return Failure::unreachable;
    case ErrorKind::config:
    case ErrorKind::not_found:
      return Failure::setup;
    case ErrorKind::busy:
      return attempt.status == 429 ? Failure::limited : Failure::no_permit;
    case ErrorKind::provider:
      break;
    default:
      return Failure::caller;
  }
  if (attempt.status == 408 || attempt.status >= 500) return Failure::failed;
  if (attempt.status >= 300 && attempt.status < 400) return Failure::setup;
  return attempt.status >= 400 ? Failure::caller : Failure::nonsense;
}

bool passing(Failure failure) {
  return failure == Failure::limited || failure == Failure::failed || failure == Failure::unreachable ||
         failure == Failure::nonsense;
}

bool counts(Failure failure) {
  return failure == Failure::failed || failure == Failure::unreachable || failure == Failure::nonsense ||
         failure == Failure::timeout;
}

bool replaceable(Failure failure) {
  return failure != Failure::cancelled && failure != Failure::caller;
}

RetryRules RetryRules::from(const Config& config, bool has_fallback) {
  RetryRules rules;
  rules.attempts = static_cast<int>(config.integer("retry.attempts"));
  if (has_fallback)
    rules.attempts = std::min(rules.attempts, static_cast<int>(config.integer("retry.before_failover")));
  rules.jitter = static_cast<double>(config.integer("retry.jitter")) / 100.0;
  rules.delays = parse_delays(config.text("retry.delays")).value();  // judged when it was read
  return rules;
}

std::optional<Millis> next_wait(const RetryRules& rules, int done, Millis retry_after, Millis left,
                                double chance) {
  if (done >= rules.attempts) return std::nullopt;
  Millis wait{0};
  if (!rules.delays.empty())
    wait = rules.delays[std::min(static_cast<std::size_t>(done), rules.delays.size() - 1)];
  const double factor = 1.0 + rules.jitter * (2.0 * std::clamp(chance, 0.0, 1.0) - 1.0);
  wait = std::max(Millis(static_cast<long long>(static_cast<double>(wait.count()) * factor)), retry_after);
  // An attempt at the very end cannot succeed.
  if (wait >= left) return std::nullopt;
  return wait;
}

}  // namespace exai::models
