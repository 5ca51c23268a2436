// A bounded pool of worker threads that start on demand. Its queue is bounded by whoever submits: the engine
// submits only what has a permit.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace exai::engine {

class Pool {
 public:
  explicit Pool(std::size_t max) : max_(max) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  /// Finishes what is queued and joins.
  ~Pool();

  /// Runs the job on a worker; a job must not throw.
  void submit(std::function<void()> job);
  void set_max(std::size_t max);
  [[nodiscard]] std::size_t threads() const;

 private:
  void work();

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> jobs_;
  std::vector<std::thread> threads_;
  std::size_t max_;
  std::size_t idle_ = 0;
  bool ending_ = false;
};

}  // namespace exai::engine
