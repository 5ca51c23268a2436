// One call from arrival to answer. It is the CallContext of what it runs; the links of the chain
// (engine/link) bring it there.
#pragma once

#include "engine/context.hpp"
#include "engine/in_flight.hpp"
#include "engine/link.hpp"
#include "engine/loop.hpp"
#include "engine/runtime.hpp"
#include "models/router.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>

namespace exai::io {
class Log;
}

namespace exai::engine {

/// What a transport asks for. `caller.session` is the key of the session's permits.
struct CallSpec {
  SharedJob job;
  Caller caller;
  Json inputs = Json::object();  ///< answers to an earlier InputRequired, by key
  Json state;                    ///< of that InputRequired
};

/// How it ended: an answer, or an error. `ran` separates a failure of the handler (which a model should see)
/// from one of ours (never started, or broke).
struct CallOutcome {
  Result<CallAnswer> result;
  bool ran = true;
};

/// Observes a call; loop thread only. on_finished comes exactly once and last, possibly before start()
/// returns.
class CallSink {
 public:
  virtual ~CallSink() = default;
  /// All permits are held; the answer comes within `budget`.
  virtual void on_started(Millis budget) = 0;
  virtual void on_progress(const Progress& progress) = 0;
  virtual void on_log(ClientLog /*level*/, const Json& /*data*/) {}
  /// The work asks to continue as a task.
  virtual void on_task() {}
  /// The caller need not stay on the line.
  virtual void on_let_poll() {}
  virtual void on_finished(CallOutcome outcome) = 0;
};

/// Observes what changes under the clients. Loop thread only.
class ChangeObserver {
 public:
  virtual ~ChangeObserver() = default;
  virtual void changed(Change what, const std::string& uri) = 0;
};

/// What the engine runs calls with: what they may reach, and what only it touches.
struct CallServices {
  Services reach;
  Loop& loop;
  models::ProviderPermits& permits;
  Metrics& metrics;
  models::ModelRouter& router;
  InFlight& in_flight;
  io::Log* log = nullptr;  ///< may be null (tests)
  ChangeObserver* changes = nullptr;
};

class Call final : public CallContext, public std::enable_shared_from_this<Call> {
 public:
  Call(CallSpec spec, Work work, const CallServices& services, const std::shared_ptr<const Runtime>& runtime,
       std::shared_ptr<CallSink> sink);

  // CallContext: any thread.
  void progress(const Progress& progress) override;
  void log(ClientLog level, Json data) override;
  void begin_task() override;
  void let_poll() override;
  void changed(Change what, std::string uri) override;
  Result<models::Reply> chat(const models::ChatRequest& request,
                             const std::function<void(std::string_view)>& on_delta) override;
  Result<models::ProviderAnswer> ask(const models::ProviderRequest& request) override;

  /// Runs the job; exceptions become `internal`, their text goes nowhere but the log.
  CallOutcome run();

  // Loop thread, for the links of the chain.
  [[nodiscard]] const Job& job() const { return *job_; }
  [[nodiscard]] Work work() const { return work_; }
  [[nodiscard]] const Caller& caller() const { return facts().caller; }
  [[nodiscard]] Steady arrived() const { return arrived_; }
  [[nodiscard]] Millis budget() const { return budget_; }
  /// What the exception said that ended run(); empty = none.
  [[nodiscard]] const std::string& broke() const { return broke_; }
  [[nodiscard]] bool answered() const { return sink_ == nullptr; }
  /// Who gets the answer, once; empty from then on.
  [[nodiscard]] std::shared_ptr<CallSink> take_sink() { return std::exchange(sink_, nullptr); }
  /// All permits are held: tells the sink.
  void started();
  /// Hands what the job has reported so far to the sink.
  void deliver_pending();
  void request_stop() { stop_.request_stop(); }
  /// The timer of its deadline lives and ends with it.
  void set_timer(std::unique_ptr<Timer> timer) { timer_ = std::move(timer); }
  /// Of its permit, or of its place in the line; 0 = none.
  [[nodiscard]] std::uint64_t ticket() const { return ticket_; }
  void set_ticket(std::uint64_t ticket) { ticket_ = ticket; }

 private:
  /// What a running call reports, from the thread that runs the job to the loop.
  struct CallEvent {
    enum class Kind : std::uint8_t { progress, log, task, let_poll } kind = Kind::progress;
    Progress progress;
    ClientLog level = ClientLog::info;
    Json data;
  };
  void emit(CallEvent event);
  void deliver(const CallEvent& event);

  Call(CallSpec&& spec, Work work, const CallServices& services,
       const std::shared_ptr<const Runtime>& runtime, std::shared_ptr<CallSink> sink, std::stop_source stop);

  SharedJob job_;
  Work work_;  ///< the job's own, or inline where that is known to be quick
  const CallServices& services_;
  Steady arrived_;
  Millis budget_;
  std::stop_source stop_;
  // Loop thread.
  std::shared_ptr<CallSink> sink_;  // empty once answered
  std::unique_ptr<Timer> timer_;
  std::uint64_t ticket_ = 0;
  // Both threads.
  std::mutex mutex_;
  std::vector<CallEvent> pending_;
  std::size_t pending_bytes_ = 0;
  bool posted_ = false;
  std::string broke_;  // what() of an exception, for the log
};

}  // namespace exai::engine
