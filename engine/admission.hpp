// Who may start: permits for the whole process and for each session, with bounded waiting. Pure; loop thread
// only.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/error.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace exai::engine {

struct AdmissionLimits {
  int global = 24;
  int session = 8;
  std::size_t waiting = 64;  ///< calls that may wait at the same time
};
/// The limits as the settings say them.
AdmissionLimits admission_limits(const Config& config);

/// No capacity now; says when to come back (limits.retry_after).
Error busy(const Config& config, std::string why, std::string hint);

class Admission {
 public:
  using Ticket = std::uint64_t;
  enum class Verdict : std::uint8_t { granted, waiting, session_full, server_full };

  explicit Admission(AdmissionLimits limits) : limits_(limits) {}

  /// Takes a permit, or a place in the line until `give_up`; with no time to wait (or no place) it is
  /// refused.
  Verdict request(Ticket ticket, const std::string& session, Steady now, Steady give_up);
  /// Leaves the line; false when the ticket is not in it.
  bool withdraw(Ticket ticket);
  /// Gives a permit back and returns the tickets that got one by it, in order of arrival. A waiting call
  /// whose session is full does not hold up the others.
  std::vector<Ticket> release(const std::string& session);
  /// Those whose waiting time is over; they are out of the line.
  std::vector<Ticket> expired(Steady now);
  [[nodiscard]] std::optional<Steady> next_expiry() const;

  void set_limits(AdmissionLimits limits) { limits_ = limits; }
  [[nodiscard]] const AdmissionLimits& limits() const { return limits_; }
  [[nodiscard]] int in_use() const { return in_use_; }
  [[nodiscard]] int in_use(const std::string& session) const;

 private:
  struct Waiting {
    Ticket ticket;
    std::string session;
    Steady give_up;
  };
  [[nodiscard]] bool free_for(const std::string& session) const;
  void take(const std::string& session);

  AdmissionLimits limits_;
  int in_use_ = 0;
  std::unordered_map<std::string, int> by_session_;  // only sessions with calls in flight
  std::deque<Waiting> line_;
};

}  // namespace exai::engine
