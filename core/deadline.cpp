#include "core/deadline.hpp"

#include <condition_variable>
#include <mutex>

namespace exai {

bool Clock::pause(Millis duration, const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  return !never.wait_for(lock, stop, duration, [&] { return stop.stop_requested(); });
}

}  // namespace exai
