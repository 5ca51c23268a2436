// Runs tool calls for every transport: each call goes through the links of one chain (engine/link). Loop
// thread only.
#pragma once

#include "engine/call.hpp"
#include "engine/link.hpp"

#include <functional>
#include <memory>
#include <unordered_set>

namespace exai::engine {

class Engine final : public CallEnd {
 public:
  Engine(CallServices services, std::shared_ptr<const Runtime> runtime);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  Engine(Engine&&) = delete;
  Engine& operator=(Engine&&) = delete;
  ~Engine() override;

  /// Takes the call; the sink observes it. An inline tool is finished on return.
  SharedCall start(CallSpec spec, std::shared_ptr<CallSink> sink);
  /// Asks a call to stop and answers it `cancelled` at once; nothing happens to a finished one.
  void cancel(const SharedCall& call);

  /// From now on calls are refused with `busy`; `when_idle` is called once the last one in flight has left
  /// its thread.
  void drain(std::function<void()> when_idle);
  /// Asks everything in flight to stop.
  void stop_all();
  [[nodiscard]] bool draining() const { return draining_; }

  /// New settings, for calls that begin from now on.
  void reload(std::shared_ptr<const Runtime> runtime);
  [[nodiscard]] const std::shared_ptr<const Runtime>& runtime() const { return runtime_; }
  [[nodiscard]] CallServices& services() { return services_; }

 private:
  void answer(const SharedCall& call, CallOutcome outcome) override;
  void over(const SharedCall& call) override;
  void report_if_idle();

  CallServices services_;
  std::shared_ptr<const Runtime> runtime_;
  std::unordered_set<SharedCall> calls_;  // waiting or on a thread
  std::function<void()> when_idle_;
  bool draining_ = false;
  CallChain chain_{*this};  // last: its threads end before the rest goes
};

}  // namespace exai::engine
