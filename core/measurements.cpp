#include "core/measurements.hpp"

#include <algorithm>

namespace exai {

Measurements::Claim Measurements::take(const Key& key, const Asker& asker) {
  constexpr Millis k_max_wait = std::chrono::hours(24);  // what is far away must not overflow
  // Checks that begin together have the same time; whoever measures for them has something to show at its
  // end.
  constexpr Millis k_grace{1000};
  std::unique_lock lock(mutex_);
  Entry& entry = entries_[key];
  settled_.wait_for(lock, asker.stop, std::min(asker.deadline.left(asker.clock), k_max_wait) + k_grace,
                    [&] { return !entry.being_measured; });
  if (entry.fact) return {entry.fact, false};
  if (entry.being_measured) return {nullptr, false};
  if (entry.cut_short && asker.deadline.passed(asker.clock)) return {entry.cut_short, false};
  entry.being_measured = true;
  return {nullptr, true};
}

void Measurements::settle(const Key& key, Entry measured) {
  const std::lock_guard lock(mutex_);
  entries_[key] = std::move(measured);
  settled_.notify_all();
}

void Measurements::forget() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, entry] : entries_) entry.fact = entry.cut_short = nullptr;
}

}  // namespace exai
