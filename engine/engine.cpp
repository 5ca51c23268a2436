#include "engine/engine.hpp"

namespace exai::engine {
namespace {

// Beyond its deadline a call gets this long to come back with its own, more telling timeout error.
constexpr Millis k_deadline_slack{250};

// The activity log is written to its file this long after a line at the latest; a system call for each line
// would cost as much as a small call.
constexpr Millis k_flush_after{100};

void set_provider_limits(models::ProviderPermits& permits, const Config& config) {
  for (const models::Provider* provider : Registered<models::Provider>::all())
    permits.set_limit(std::string(provider->id), static_cast<int>(config.integer(provider->permits_setting)));
}

std::string outcome_word(const CallOutcome& outcome) {
  if (!outcome.result) return std::string(to_string(outcome.result.error().kind));
  if (const auto* output = std::get_if<ToolOutput>(&*outcome.result); output != nullptr && output->is_error)
    return "tool_error";
  return std::holds_alternative<InputRequired>(*outcome.result) ? "input_required" : "ok";
}

}  // namespace

AdmissionLimits admission_limits(const Config& config) {
  AdmissionLimits limits;
  limits.global = static_cast<int>(config.integer("limits.global"));
  limits.session = static_cast<int>(config.integer("limits.session"));
  limits.waiting = std::max<std::size_t>(64, static_cast<std::size_t>(limits.global));
  return limits;
}

Engine::Engine(CallServices services, std::shared_ptr<const Runtime> runtime, io::Log* log)
    : services_(services),
      runtime_(std::move(runtime)),
      log_(log),
      admission_(admission_limits(runtime_->config)),
      pool_(std::make_unique<Pool>(static_cast<std::size_t>(admission_.limits().global))) {
  set_provider_limits(services_.permits, runtime_->config);
  count_permits();
}

Engine::~Engine() {
  *alive_ = false;
  if (log_ != nullptr) log_->flush_activity();
  stop_all();
}

Error Engine::busy(std::string why, std::string hint) const {
  Error error = make_error(ErrorKind::busy, std::move(why), std::move(hint));
  error.retry_after = runtime_->config.duration("limits.retry_after");
  return error;
}

std::shared_ptr<Call> Engine::start(CallSpec spec, std::shared_ptr<CallSink> sink) {
  const bool quick = spec.job->quick && spec.job->quick(*services_.reach.memory);
  const Work work = quick ? Work::inline_ : spec.job->work;
  const auto call = std::make_shared<Call>(std::move(spec), work, services_, runtime_, std::move(sink));
  if (draining_) {
    answer(call, {fail(busy("the server is shutting down", "call again when it is back")), false});
    return call;
  }
  if (call->work_ == Work::inline_) {
    run_inline(call);
    return call;
  }
  call->ticket_ = next_ticket_++;
  const Steady now = services_.reach.clock->steady();
  const auto verdict = admission_.request(call->ticket_, call->facts().caller.session, now,
                                          now + runtime_->config.duration("limits.permit_wait"));
  switch (verdict) {
    case Admission::Verdict::granted:
      calls_.emplace(call->ticket_, call), launch(call);
      break;
    case Admission::Verdict::waiting:
      wait_in_line(call);
      break;
    case Admission::Verdict::session_full:
      answer(
          call,
          {fail(busy("this session has " + std::to_string(admission_.limits().session) + " calls in flight",
                     "wait for one to end, or raise limits.session")),
           false});
      break;
    case Admission::Verdict::server_full:
      answer(call,
             {fail(busy("the server has " + std::to_string(admission_.limits().global) + " calls in flight",
                        "try again later, or raise limits.global")),
              false});
      break;
  }
  return call;
}

void Engine::run_inline(const std::shared_ptr<Call>& call) {
  call->sink_->on_started(call->budget_);
  CallOutcome outcome = call->run();
  log_breakage(*call);
  answer(call, std::move(outcome));
}

void Engine::log_breakage(const Call& call) {
  if (call.broke_.empty() || log_ == nullptr) return;
  log_->write(io::LogLevel::error, "call.broke", call.broke_,
              {{"request_id", call.request_id()}, {"tool", call.job_->name}});
}

void Engine::wait_in_line(const std::shared_ptr<Call>& call) {
  calls_.emplace(call->ticket_, call);
  arm_line_timer();
}

void Engine::arm_line_timer() {
  const std::optional<Steady> next = admission_.next_expiry();
  if (!next) return line_timer_.reset();
  const auto wait = std::chrono::ceil<Millis>(*next - services_.reach.clock->steady());
  line_timer_ = services_.loop.after(std::max(wait, Millis{0}), [this] { line_expired(); });
}

void Engine::line_expired() {
  for (const Admission::Ticket ticket : admission_.expired(services_.reach.clock->steady())) {
    const auto found = calls_.find(ticket);
    const std::shared_ptr<Call> call = found->second;
    calls_.erase(found);
    const bool own = admission_.in_use(call->facts().caller.session) >= admission_.limits().session;
    answer(call,
           {fail(busy(own ? "this session's calls are all in flight" : "all permits of the server are in use",
                      own ? "wait for one to end, or raise limits.session"
                          : "try again later, or raise limits.global")),
            false});
  }
  arm_line_timer();
  tell_if_idle();
}

void Engine::launch(const std::shared_ptr<Call>& call) {
  call->launched_ = true;
  count_permits();
  if (call->sink_) call->sink_->on_started(call->budget_);
  const Millis left = call->deadline().left(*services_.reach.clock);
  const std::weak_ptr<Call> weak = call;
  call->timer_ = services_.loop.after(left + k_deadline_slack, [this, weak] {
    if (const auto late = weak.lock()) overdue(late);
  });
  pool_->submit([this, call, alive = alive_] {
    auto outcome = std::make_shared<CallOutcome>(call->run());
    services_.loop.post([this, call, alive, outcome] {
      if (*alive) left_thread(call, std::move(*outcome));
    });
  });
}

void Engine::overdue(const std::shared_ptr<Call>& call) {
  call->stop_.request_stop();
  const auto seconds = format_duration(call->budget_);
  answer(call, {fail(ErrorKind::timeout, call->job_->name + " did not end within " + seconds,
                     "ask for less, or raise " +
                         std::string(setting_name(timeouts::setting_key(call->job_->budget)))),
                true});
}

void Engine::left_thread(const std::shared_ptr<Call>& call, CallOutcome outcome) {
  call->deliver_pending();
  call->timer_.reset();
  log_breakage(*call);
  answer(call, std::move(outcome));
  calls_.erase(call->ticket_);
  for (const Admission::Ticket ticket : admission_.release(call->facts().caller.session)) {
    if (const auto next = calls_.find(ticket); next != calls_.end())
      launch(std::shared_ptr<Call>(next->second));
  }
  arm_line_timer();
  count_permits();
  tell_if_idle();
}

void Engine::count_permits() {
  services_.in_flight.calls = admission_.in_use();
  services_.in_flight.limit = admission_.limits().global;
  services_.metrics.in_flight(admission_.in_use());
}

void Engine::tell_if_idle() {
  if (draining_ && calls_.empty() && when_idle_) std::exchange(when_idle_, nullptr)();
}

void Engine::answer(const std::shared_ptr<Call>& call, CallOutcome outcome) {
  if (!call->sink_) return;
  record(*call, outcome);
  const std::shared_ptr<CallSink> sink = std::move(call->sink_);
  call->sink_ = nullptr;
  sink->on_finished(std::move(outcome));
}

void Engine::cancel(const std::shared_ptr<Call>& call) {
  if (!call->sink_) return;
  call->stop_.request_stop();
  const bool waited = !call->launched_ && admission_.withdraw(call->ticket_);
  if (waited) calls_.erase(call->ticket_);
  answer(call, {fail(ErrorKind::cancelled, "cancelled by the caller"), true});
  if (waited) tell_if_idle();
}

void Engine::record(const Call& call, const CallOutcome& outcome) {
  const std::chrono::duration<double> took = services_.reach.clock->steady() - call.arrived_;
  const std::string word = outcome_word(outcome);
  services_.metrics.call_finished(call.job_->name, call.facts().caller.transport, word, took.count());
  if (log_ == nullptr) return;
  io::Activity line;
  line.request_id = call.request_id();
  line.tool = call.job_->name;
  line.principal = call.facts().caller.principal.name;
  line.transport = to_string(call.facts().caller.transport);
  line.session =
      call.facts().caller.session.substr(0, 8);  // enough to tell sessions apart, useless to take one over
  line.outcome = word;
  line.duration_seconds = took.count();
  if (const auto* output = outcome.result ? std::get_if<ToolOutput>(&*outcome.result) : nullptr) {
    line.provider = output->provider;
    line.model = output->model;
    line.prompt_tokens = output->usage.prompt;
    line.completion_tokens = output->usage.completion;
  }
  log_->activity(line);
  if (flush_timer_) return;
  flush_timer_ = services_.loop.after(k_flush_after, [this] {
    flush_timer_.reset();
    log_->flush_activity();
  });
}

void Engine::drain(std::function<void()> when_idle) {
  draining_ = true;
  when_idle_ = std::move(when_idle);
  if (calls_.empty() && when_idle_) services_.loop.post(std::exchange(when_idle_, nullptr));
}

void Engine::stop_all() {
  for (const auto& [ticket, call] : calls_) call->stop_.request_stop();
}

void Engine::reload(std::shared_ptr<const Runtime> runtime) {
  runtime_ = std::move(runtime);
  admission_.set_limits(admission_limits(runtime_->config));
  pool_->set_max(static_cast<std::size_t>(admission_.limits().global));
  set_provider_limits(services_.permits, runtime_->config);
  services_.reach.caches->reload(runtime_->config);
  count_permits();
}

}  // namespace exai::engine
