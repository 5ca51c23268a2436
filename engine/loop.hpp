// What the call engine needs of the loop thread, without naming the library that runs it.
#pragma once

#include "core/duration.hpp"

#include <functional>
#include <memory>

namespace exai::engine {

/// A pending timer; destroying it cancels it.
class Timer {
 public:
  virtual ~Timer() = default;
};

class Loop {
 public:
  virtual ~Loop() = default;
  /// Runs the job on the loop thread, in order of posting. From any thread.
  virtual void post(std::function<void()> job) = 0;
  /// Runs the job once after the delay. Loop thread only.
  virtual std::unique_ptr<Timer> after(Millis delay, std::function<void()> job) = 0;
};

}  // namespace exai::engine
