#include "engine/runner.hpp"

#include "engine/admission.hpp"
#include "io/log.hpp"

namespace exai::engine {
namespace {

// Beyond its deadline a call gets this long to come back with its own, more telling timeout error.
constexpr Millis k_deadline_slack{250};

}  // namespace

Runner::Runner(const CallServices& services, CallEnd& end) : services_(services), end_(end) {}

Runner::~Runner() {
  *alive_ = false;
}

void Runner::reload(const Runtime& runtime) {
  pool_.set_max(static_cast<std::size_t>(admission_limits(runtime.config).global));
}

void Runner::enter(const SharedCall& call, Next /*next*/) {
  call->started();
  if (call->work() == Work::inline_) return run_inline(call);
  launch(call);
}

void Runner::run_inline(const SharedCall& call) {
  CallOutcome outcome = call->run();
  log_breakage(*call);
  end_.answer(call, std::move(outcome));
  end_.over(call);
}

void Runner::launch(const SharedCall& call) {
  const Millis left = call->deadline().left(*services_.reach.clock);
  const std::weak_ptr<Call> weak = call;
  call->set_timer(services_.loop.after(left + k_deadline_slack, [this, weak] {
    if (const SharedCall late = weak.lock()) overdue(late);
  }));
  pool_.submit([this, call, alive = alive_] {
    auto outcome = std::make_shared<CallOutcome>(call->run());
    services_.loop.post([this, call, alive, outcome] {
      if (*alive) left_thread(call, std::move(*outcome));
    });
  });
}

void Runner::overdue(const SharedCall& call) {
  call->request_stop();
  const Job& job = call->job();
  end_.answer(call,
              {fail(ErrorKind::timeout, job.name + " did not end within " + format_duration(call->budget()),
                    "ask for less, or raise " + std::string(setting_name(timeouts::setting_key(job.budget)))),
               true});
}

void Runner::left_thread(const SharedCall& call, CallOutcome outcome) {
  call->deliver_pending();
  call->set_timer(nullptr);
  log_breakage(*call);
  end_.answer(call, std::move(outcome));
  end_.over(call);
}

void Runner::log_breakage(const Call& call) {
  if (call.broke().empty() || services_.log == nullptr) return;
  services_.log->write(io::LogLevel::error, "call.broke", call.broke(),
                       {{"request_id", call.request_id()}, {"tool", call.job().name}});
}

}  // namespace exai::engine
