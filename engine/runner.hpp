// The last link: runs the call on the loop thread or the pool, and sees to its deadline.
#pragma once

#include "engine/call.hpp"
#include "engine/link.hpp"
#include "engine/pool.hpp"

#include <memory>

namespace exai::engine {

class Runner final : public CallLink {
 public:
  Runner(const CallServices& services, CallEnd& end);
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;
  Runner(Runner&&) = delete;
  Runner& operator=(Runner&&) = delete;
  /// Waits for the threads; what they bring then is dropped.
  ~Runner() override;

  void enter(const SharedCall& call, Next next) override;
  void reload(const Runtime& runtime) override;

 private:
  void run_inline(const SharedCall& call);
  void launch(const SharedCall& call);
  void overdue(const SharedCall& call);
  void left_thread(const SharedCall& call, CallOutcome outcome);
  void log_breakage(const Call& call);

  const CallServices& services_;
  CallEnd& end_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Pool pool_{1};  // last: its threads end before the rest goes
};

}  // namespace exai::engine
