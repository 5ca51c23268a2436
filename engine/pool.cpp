#include "engine/pool.hpp"

#include "io/allocator.hpp"

namespace exai::engine {

Pool::~Pool() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Pool::submit(std::function<void()> job) {
  {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(std::move(job));
    if (jobs_.size() > idle_ && threads_.size() < max_) threads_.emplace_back([this] { work(); });
  }
  wake_.notify_one();
}

void Pool::set_max(std::size_t max) {
  const std::scoped_lock lock(mutex_);
  max_ = max;
}

std::size_t Pool::threads() const {
  const std::scoped_lock lock(mutex_);
  return threads_.size();
}

void Pool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    --idle_;
    if (jobs_.empty()) return;
    std::function<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    if (!jobs_.empty()) continue;
    lock.unlock();
    io::give_back_memory();  // the next job may be long in coming
    lock.lock();
  }
}

}  // namespace exai::engine
