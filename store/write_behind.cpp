#include "store/write_behind.hpp"

#include "io/process.hpp"

namespace exai::store {

WriteBehind::WriteBehind(std::mutex& mutex, WriteBehindRules rules, std::function<bool()> waiting,
                         std::function<bool(std::unique_lock<std::mutex>&)> round)
    : mutex_(mutex), rules_(rules), waiting_(std::move(waiting)), round_(std::move(round)) {}

WriteBehind::~WriteBehind() {
  close();
}

void WriteBehind::wake() {
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  if (idle_) wake_.notify_one();
}

void WriteBehind::flush(std::unique_lock<std::mutex>& lock, Millis patience) {
  const auto empty = [this] { return !waiting_() && !writing_; };
  if (empty()) return;
  const std::uint64_t mine = next_round();
  hurry_ = true;
  wake_.notify_one();
  wait(lock, patience, [&] { return rounds_ >= mine || empty(); });
  hurry_ = false;
}

void WriteBehind::close() {
  {
    const std::scoped_lock lock(mutex_);
    ending_ = true;
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void WriteBehind::run() {
  if (rules_.low_priority) io::lower_own_priority();
  std::unique_lock lock(mutex_);
  for (;;) {
    idle_ = true;
    wake_.wait(lock, [this] { return ending_ || waiting_(); });
    idle_ = false;
    if (!waiting_()) return;
    const bool last = ending_;  // nothing can change any more: what fails now is not tried again
    writing_ = true;
    const bool written = round_(lock);
    writing_ = false;
    ++rounds_;
    if (!written) ++failures_;
    finished_.notify_all();
    if (!written && last) return;
    if (!written)
      wake_.wait_for(lock, rules_.retry, [this] { return ending_; });
    else if (rules_.gather.count() > 0)
      wake_.wait_for(lock, rules_.gather, [this] { return ending_ || hurry_; });
  }
}

}  // namespace exai::store
