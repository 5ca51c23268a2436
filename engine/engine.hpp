// Runs tool calls for every transport: admission, deadline, pool, metrics, activity log. Loop thread only.
#pragma once

#include "engine/admission.hpp"
#include "engine/call.hpp"
#include "engine/pool.hpp"
#include "io/log.hpp"

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace exai::engine {

class Engine {
 public:
  /// `log` may be null (tests).
  Engine(CallServices services, std::shared_ptr<const Runtime> runtime, io::Log* log);
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;
  ~Engine();

  /// Takes the call; the sink observes it. An inline tool is finished on return.
  std::shared_ptr<Call> start(CallSpec spec, std::shared_ptr<CallSink> sink);
  /// Asks a call to stop and answers it `cancelled` at once; nothing happens to a finished one.
  void cancel(const std::shared_ptr<Call>& call);

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
  void run_inline(const std::shared_ptr<Call>& call);
  void launch(const std::shared_ptr<Call>& call);
  void wait_in_line(const std::shared_ptr<Call>& call);
  void line_expired();
  void arm_line_timer();
  void overdue(const std::shared_ptr<Call>& call);
  void left_thread(const std::shared_ptr<Call>& call, CallOutcome outcome);
  void answer(const std::shared_ptr<Call>& call, CallOutcome outcome);
  void record(const Call& call, const CallOutcome& outcome);
  Error busy(std::string why, std::string hint) const;
  void log_breakage(const Call& call);
  void count_permits();
  void tell_if_idle();

  CallServices services_;
  std::shared_ptr<const Runtime> runtime_;
  io::Log* log_;
  Admission admission_;
  std::uint64_t next_ticket_ = 1;
  std::unordered_map<Admission::Ticket, std::shared_ptr<Call>> calls_;  // waiting or running
  std::unique_ptr<Timer> line_timer_, flush_timer_;
  std::function<void()> when_idle_;
  bool draining_ = false;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::unique_ptr<Pool> pool_;  // last: its threads end before the rest goes
};

/// The limits as the settings say them.
AdmissionLimits admission_limits(const Config& config);

}  // namespace exai::engine
