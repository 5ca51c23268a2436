// Short jobs of the server's own, beside the calls: facts for health, keys of an issuer, what nobody may
// continue any more.
#pragma once

#include "engine/loop.hpp"
#include "engine/pool.hpp"

#include <functional>
#include <memory>

namespace exai::engine {

class Background {
 public:
  /// What follows a job runs on `loop`, which outlives this.
  explicit Background(Loop& loop) : loop_(loop) {}
  Background(const Background&) = delete;
  Background& operator=(const Background&) = delete;
  Background(Background&&) = delete;
  Background& operator=(Background&&) = delete;
  ~Background() { end(); }

  /// Not bounded here: each user has one job at a time. `job` on a thread of ours, in turn with the others;
  /// then `then` on the loop, unless this has ended by then. Neither may throw.
  void run(std::function<void()> job, std::function<void()> then);
  /// Waits for the jobs that were begun; nothing follows them any more. Loop thread, or when the loop has
  /// ended.
  void end();
  [[nodiscard]] Loop& loop() { return loop_; }

 private:
  /// One that waits for an issuer does not keep health waiting.
  static constexpr std::size_t k_threads = 2;

  Loop& loop_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Pool> pool_ = std::make_unique<Pool>(k_threads);
};

}  // namespace exai::engine
