#include "engine/call.hpp"

#include "io/random.hpp"

#include <atomic>

namespace exai::engine {
namespace {
// Progress that the loop has not taken yet; more is dropped (the result holds the whole text anyway).
constexpr std::size_t k_pending_items = 64;
constexpr std::size_t k_pending_bytes = std::size_t{256} << 10U;

/// Unique in this process and, by its random half, among processes; without a system call for each call.
std::string next_request_id() {
  static const std::string k_process = io::random_hex(4);
  static std::atomic<std::uint32_t> count{0};
  constexpr std::string_view k_digits = "0123456789abcdef";
  const std::uint32_t number = ++count;
  std::string id = k_process;
  for (int shift = 28; shift >= 0; shift -= 4) id += k_digits[number >> static_cast<unsigned>(shift) & 15U];
  return id;
}
}  // namespace

Call::Call(CallSpec spec, Work work, const CallServices& services,
           const std::shared_ptr<const Runtime>& runtime, std::shared_ptr<CallSink> sink)
    // Nobody can stop what runs on the loop thread itself.
    : Call(std::move(spec), work, services, runtime, std::move(sink),
           work == Work::inline_ ? std::stop_source(std::nostopstate) : std::stop_source()) {}

Call::Call(CallSpec&& spec, Work work, const CallServices& services,
           const std::shared_ptr<const Runtime>& runtime, std::shared_ptr<CallSink> sink,
           std::stop_source stop)
    : CallContext(services.reach, runtime,
                  {.request_id = next_request_id(),
                   .caller = std::move(spec.caller),
                   .deadline = Deadline::after(runtime->budgets[spec.job->budget], *services.reach.clock),
                   .stop = stop.get_token(),
                   .inputs = std::move(spec.inputs),
                   .state = std::move(spec.state)}),
      job_(std::move(spec.job)),
      work_(work),
      services_(services),
      arrived_(services.reach.clock->steady()),
      budget_(runtime->budgets[job_->budget]),
      stop_(std::move(stop)),
      sink_(std::move(sink)) {}

void Call::started() {
  if (sink_) sink_->on_started(budget_);
}

void Call::progress(const Progress& progress) {
  emit({CallEvent::Kind::progress, progress, {}, nullptr});
}

void Call::log(ClientLog level, Json data) {
  if (!facts().caller.log_level || level < *facts().caller.log_level) return;
  emit({CallEvent::Kind::log, {}, level, std::move(data)});
}

void Call::begin_task() {
  emit({CallEvent::Kind::task, {}, {}, nullptr});
}

void Call::let_poll() {
  emit({CallEvent::Kind::let_poll, {}, {}, nullptr});
}

void Call::changed(Change what, std::string uri) {
  if (services_.changes == nullptr) return;
  services_.loop.post([&services = services_, call = shared_from_this(), what, uri = std::move(uri)] {
    services.changes->changed(what, uri);
  });
}

void Call::emit(CallEvent event) {
  if (work_ == Work::inline_) return deliver(event);
  const std::scoped_lock lock(mutex_);
  const Progress& piece = event.progress;
  const std::size_t bytes = piece.text.size() + piece.message.size() + sizeof(CallEvent);
  const bool progress = event.kind == CallEvent::Kind::progress;
  // What steers the call is never dropped; a handler sends it a few times at most.
  if ((progress || event.kind == CallEvent::Kind::log) &&
      (pending_bytes_ + bytes > k_pending_bytes || pending_.size() >= k_pending_items))
    return;
  const bool joins = progress && !pending_.empty() && pending_.back().kind == CallEvent::Kind::progress &&
                     !piece.text.empty() && piece.message.empty() &&
                     pending_.back().progress.message.empty() && !pending_.back().progress.text.empty();
  if (joins)
    pending_.back().progress.text += piece.text;
  else
    pending_.push_back(std::move(event));
  pending_bytes_ += bytes;
  if (posted_) return;
  posted_ = true;
  services_.loop.post([call = shared_from_this()] { call->deliver_pending(); });
}

void Call::deliver(const CallEvent& event) {
  if (!sink_) return;
  switch (event.kind) {
    case CallEvent::Kind::progress:
      return sink_->on_progress(event.progress);
    case CallEvent::Kind::log:
      return sink_->on_log(event.level, event.data);
    case CallEvent::Kind::task:
      return sink_->on_task();
    case CallEvent::Kind::let_poll:
      return sink_->on_let_poll();
  }
}

void Call::deliver_pending() {
  std::vector<CallEvent> taken;
  {
    const std::scoped_lock lock(mutex_);
    taken.swap(pending_);
    pending_bytes_ = 0;
    posted_ = false;
  }
  for (const CallEvent& one : taken) deliver(one);
}

Result<models::Reply> Call::chat(const models::ChatRequest& request,
                                 const std::function<void(std::string_view)>& on_delta) {
  return services_.router.chat(runtime(), request, deadline(), stop(), on_delta, job_->name,
                               timeouts::setting_key(job_->budget));
}

Result<models::ProviderAnswer> Call::ask(const models::ProviderRequest& request) {
  return services_.router.ask(runtime(), request, deadline(), stop(), job_->name,
                              timeouts::setting_key(job_->budget));
}

CallOutcome Call::run() {
  try {
    return {job_->run(*this), true};
  } catch (const std::exception& broken) {
    broke_ = broken.what();
  } catch (...) {
    broke_ = "an exception of unknown type";
  }
  return {fail(ErrorKind::internal, "internal error in " + job_->name,
               "the server log has the details under request id " + request_id()),
          false};
}

}  // namespace exai::engine
