#include "engine/engine.hpp"

#include "engine/permits_link.hpp"
#include "engine/runner.hpp"

namespace exai::engine {
namespace {

void set_provider_limits(models::ProviderPermits& permits, const Config& config) {
  for (const models::Provider* provider : Registered<models::Provider>::all())
    permits.set_limit(std::string(provider->id), static_cast<int>(config.integer(provider->permits_setting)));
}

}  // namespace

Engine::Engine(CallServices services, std::shared_ptr<const Runtime> runtime)
    : services_(std::move(services)), runtime_(std::move(runtime)) {
  chain_.add_policies(CallPolicy::Place::before_permit, services_);
  chain_.add(std::make_unique<PermitsLink>(services_));
  chain_.add_policies(CallPolicy::Place::after_permit, services_);
  chain_.add_policies(CallPolicy::Place::before_run, services_);
  chain_.add(std::make_unique<Runner>(services_, *this));
  chain_.reload(*runtime_);
  set_provider_limits(services_.permits, runtime_->config);
}

Engine::~Engine() {
  stop_all();
}

SharedCall Engine::start(CallSpec spec, std::shared_ptr<CallSink> sink) {
  const bool quick = spec.job->quick && spec.job->quick(*services_.reach.memory);
  const Work work = quick ? Work::inline_ : spec.job->work;
  const auto call = std::make_shared<Call>(std::move(spec), work, services_, runtime_, std::move(sink));
  if (draining_) {
    answer(call, {fail(busy(runtime_->config, "the server is shutting down", "call again when it is back")),
                  false});
    return call;
  }
  if (work != Work::inline_) calls_.insert(call);
  chain_.enter(call);
  return call;
}

void Engine::answer(const SharedCall& call, CallOutcome outcome) {
  const std::shared_ptr<CallSink> sink = call->take_sink();
  if (!sink) return;
  chain_.answered(*call, outcome);
  sink->on_finished(std::move(outcome));
}

void Engine::over(const SharedCall& call) {
  chain_.left(*call);
  calls_.erase(call);
  report_if_idle();
}

void Engine::cancel(const SharedCall& call) {
  if (call->answered()) return;
  call->request_stop();
  const bool waited = chain_.withdraw(*call);
  answer(call, {fail(ErrorKind::cancelled, "cancelled by the caller"), true});
  if (waited) over(call);
}

void Engine::report_if_idle() {
  if (draining_ && calls_.empty() && when_idle_) std::exchange(when_idle_, nullptr)();
}

void Engine::drain(std::function<void()> when_idle) {
  draining_ = true;
  when_idle_ = std::move(when_idle);
  if (calls_.empty() && when_idle_) services_.loop.post(std::exchange(when_idle_, nullptr));
}

void Engine::stop_all() {
  for (const SharedCall& call : calls_) call->request_stop();
}

void Engine::reload(std::shared_ptr<const Runtime> runtime) {
  runtime_ = std::move(runtime);
  chain_.reload(*runtime_);
  set_provider_limits(services_.permits, runtime_->config);
  services_.reach.caches->reload(runtime_->config);
}

}  // namespace exai::engine
