// One call of the engine and everybody in its session who waits for it: the only place of exai_ws that
// observes the engine. Loop thread only.
#pragma once

#include "engine/engine.hpp"
#include "tools/tool.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace exai::serve::exai_ws {

class Session;

class Run final : public engine::CallSink, public std::enable_shared_from_this<Run> {
 public:
  /// A request that is answered by this run.
  struct Waiter {
    std::string request_id;
    bool stream = false;      ///< wants pieces of text as stream_chunk
    std::uint64_t acked = 0;  ///< the attachment that its ack was sent on; 0 = none yet
  };
  /// `call` is the key of tool, arguments and model; `cacheable` says that its result may answer the same
  /// call later.
  Run(const std::shared_ptr<Session>& session, std::shared_ptr<const tools::Tool> tool, std::string call,
      bool cacheable, Steady born)
      : session_(session),
        tool_(std::move(tool)),
        call_(std::move(call)),
        cacheable_(cacheable),
        born_(born) {}

  /// Gives it to the engine. Inline tools have ended on return.
  void start(engine::Engine& engine, Json arguments, const Principal& principal, const std::string& session);
  /// Asks the engine to stop it; the end comes as on_finished.
  void cancel(engine::Engine& engine);
  void join(Waiter waiter);
  /// The waiter leaves without an answer.
  void leave(const std::string& request_id);
  /// Acknowledges to a waiter whose ack went to a connection that is gone.
  void acknowledge_again(const std::string& request_id);

  void on_started(Millis budget) override;
  void on_progress(const engine::Progress& progress) override;
  void on_finished(engine::CallOutcome outcome) override;

  [[nodiscard]] const tools::Tool& tool() const { return *tool_; }
  [[nodiscard]] const std::string& call() const { return call_; }
  [[nodiscard]] bool cacheable() const { return cacheable_; }
  [[nodiscard]] const std::vector<Waiter>& waiters() const { return waiters_; }
  [[nodiscard]] Steady born() const { return born_; }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] bool finished() const { return finished_; }
  [[nodiscard]] Millis budget() const { return budget_; }

 private:
  void acknowledge(Session& session, Waiter& waiter);
  void beat(Session& session);

  std::weak_ptr<Session> session_;
  std::shared_ptr<const tools::Tool> tool_;
  std::string call_;
  bool cacheable_;
  Steady born_, begun_{};
  std::vector<Waiter> waiters_;
  std::weak_ptr<engine::Call> running_;
  std::unique_ptr<engine::Timer> timer_;
  Millis budget_{0};
  bool started_ = false, finished_ = false;
};

}  // namespace exai::serve::exai_ws
