// What brings to a store, on a thread of its own, what others have left for it, so that they need not wait
// for it: rounds with a pause to gather between them, a retry when one fails, one last round at the end.
#pragma once

#include "core/duration.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace exai::store {

struct WriteBehindRules {
  Millis gather{0};    ///< between two rounds, so that one commit takes many
  Millis retry{1000};  ///< after a round that failed
  /// Nobody waits for a round: its thread lets all others of this process go first.
  bool low_priority = false;
};

/// Shares the mutex under which its owner collects what is to be written: "under the lock" means that one.
/// The thread begins with the first wake().
class WriteBehind {
 public:
  /// Both are called under the lock. `waiting`: there is something to write. `round` takes it and writes it;
  /// it gives the lock back while it does, and puts back what it could not write: false then.
  WriteBehind(std::mutex& mutex, WriteBehindRules rules, std::function<bool()> waiting,
              std::function<bool(std::unique_lock<std::mutex>&)> round);
  WriteBehind(const WriteBehind&) = delete;
  WriteBehind& operator=(const WriteBehind&) = delete;
  /// As close().
  ~WriteBehind();

  /// Under the lock, after something was left to be written.
  void wake();
  /// Under the lock: waits until that is so, which is looked at after each round; false when it took longer.
  template <class Done>
  bool wait(std::unique_lock<std::mutex>& lock, Millis patience, const Done& done) {
    return finished_.wait_for(lock, patience, done);
  }
  /// Under the lock: waits for the round that takes what is there now, without the pause before it.
  void flush(std::unique_lock<std::mutex>& lock, Millis patience);
  /// Not under the lock. Writes what is there and ends the thread. A round that fails meanwhile is tried once
  /// more; what that one cannot write is with the owner still.
  void close();

  /// Under the lock: of those that have ended. The round that takes what is there now is next_round().
  [[nodiscard]] std::uint64_t rounds() const { return rounds_; }
  [[nodiscard]] std::uint64_t next_round() const { return rounds_ + (writing_ ? 2 : 1); }
  [[nodiscard]] std::uint64_t failures() const { return failures_; }
  [[nodiscard]] bool writing() const { return writing_; }

 private:
  void run();

  std::mutex& mutex_;
  WriteBehindRules rules_;
  std::function<bool()> waiting_;
  std::function<bool(std::unique_lock<std::mutex>&)> round_;
  std::condition_variable wake_, finished_;
  std::uint64_t rounds_ = 0, failures_ = 0;
  bool idle_ = false;  // waits for work, and not for the next round
  bool writing_ = false, ending_ = false, hurry_ = false;
  std::thread thread_;
};

}  // namespace exai::store
