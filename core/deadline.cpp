#include "core/deadline.hpp"

#include <condition_variable>
#include <ctime>
#include <mutex>

#include <fmt/core.h>

namespace exai {

bool Clock::pause(Millis duration, const std::stop_token& stop) const {
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  return !never.wait_for(lock, stop, duration, [&] { return stop.stop_requested(); });
}

std::string format_utc(Wall at) {
  const auto millis = std::chrono::duration_cast<Millis>(at.time_since_epoch()).count();
  long long seconds = millis / 1000;
  long long rest = millis % 1000;
  if (rest < 0) {
    rest += 1000;
    --seconds;
  }
  const std::time_t time = static_cast<std::time_t>(seconds);
  std::tm parts{};
  gmtime_r(&time, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, rest);
}

}  // namespace exai
