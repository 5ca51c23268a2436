// Time is handed in: a Clock to ask, and a Deadline that can only shrink.
#pragma once

#include "core/duration.hpp"

#include <algorithm>
#include <chrono>
#include <stop_token>

namespace exai {

using Steady = std::chrono::steady_clock::time_point;
using Wall = std::chrono::system_clock::time_point;

/// Where time comes from. Timers use steady(); only records use wall().
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Steady steady() const = 0;
  [[nodiscard]] virtual Wall wall() const = 0;
  /// Waits that long; false when asked to stop before. A virtual clock moves on instead of waiting.
  virtual bool pause(Millis duration, const std::stop_token& stop) const;
};

/// The machine's own clocks.
const Clock& system_clock();

/// A point in time after which nobody waits any more.
class Deadline {
 public:
  static Deadline after(Millis duration, const Clock& clock = system_clock()) {
    return Deadline(clock.steady() + duration);
  }
  /// The earlier of this one and now + duration: a child never outlives its parent.
  [[nodiscard]] Deadline within(Millis duration, const Clock& clock = system_clock()) const {
    return Deadline(std::min(at_, clock.steady() + duration));
  }
  [[nodiscard]] Steady at() const { return at_; }
  /// What is left, never below zero.
  [[nodiscard]] Millis left(const Clock& clock = system_clock()) const {
    const auto rest = std::chrono::ceil<Millis>(at_ - clock.steady());
    return std::max(rest, Millis{0});
  }
  [[nodiscard]] bool passed(const Clock& clock = system_clock()) const { return clock.steady() >= at_; }

 private:
  explicit Deadline(Steady at) : at_(at) {}
  Steady at_;
};

}  // namespace exai
