#include "engine/background.hpp"

namespace exai::engine {

void Background::run(std::function<void()> job, std::function<void()> then) {
  if (!pool_) return;
  pool_->submit([this, job = std::move(job), then = std::move(then), alive = alive_] {
    job();
    loop_.post([then, alive] {
      if (*alive) then();
    });
  });
}

void Background::end() {
  *alive_ = false;
  pool_.reset();
}

}  // namespace exai::engine
