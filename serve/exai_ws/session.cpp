#include "serve/exai_ws/session.hpp"

#include "mcp/errors.hpp"
#include "serve/exai_ws/call_key.hpp"
#include "serve/exai_ws/frames.hpp"

namespace exai::serve::exai_ws {
namespace {

constexpr std::size_t k_max_waiters = 64;  // of one run
constexpr std::size_t k_max_ran = 1024;    // request ids remembered
constexpr std::uint16_t k_resumed_elsewhere = 4004;

}  // namespace

std::uint64_t Session::attach(std::shared_ptr<net::FrameSink> sink) {
  grace_.reset();
  if (sink_) sink_->close(k_resumed_elsewhere, "the session was resumed elsewhere");
  sink_ = std::move(sink);
  return ++attachment_;
}

void Session::detach() {
  sink_ = nullptr;
  const Millis grace = state_.settings()->resume_grace;
  if (!resumable_ || grace.count() == 0) return end();
  detached_at_ = now();
  const std::weak_ptr<Session> weak = weak_from_this();
  grace_ = state_.engine.services().loop.after(grace, [weak] {
    if (const std::shared_ptr<Session> self = weak.lock()) self->end();
  });
}

void Session::end() {
  if (ended_) return;
  ended_ = true;
  const std::shared_ptr<Session> self = shared_from_this();  // drop() may let the last owner go
  sink_ = nullptr;
  grace_.reset();
  joinable_.clear();
  for (const auto& [request_id, run] : std::exchange(waiting_, {})) run->cancel(state_.engine);
  state_.drop(id_);
}

void Session::send(std::string frame, bool droppable) {
  if (sink_) sink_->send(std::move(frame), droppable);
}

std::string Session::slot_of_request(const std::string& request_id) const {
  return id_ + "/r/" + request_id;
}

std::string Session::slot_of_call(const std::string& call) const {
  return id_ + "/c/" + call;
}

bool Session::shares(const tools::Tool& tool) const {
  return may_share(tool, state_.settings()->unshared);
}

void Session::call(CallFrame frame) {
  const std::string call = call_key(*frame.tool, frame.arguments, state_.settings()->default_model);
  if (repeated(frame, call) || answered_before(frame, call) || shared(frame, call)) return;
  run(std::move(frame), call);
}

bool Session::repeated(const CallFrame& frame, const std::string& call) {
  const auto found = waiting_.find(frame.request_id);
  if (found == waiting_.end()) return false;
  const std::shared_ptr<Run> run = found->second;
  if (run->call() != call) {
    duplicate(frame, "the request id belongs to another call in flight", frame.request_id);
    return true;
  }
  // The first answer serves both.
  send(frames::note(frame.request_id, frame.tool->id, "duplicate request; still processing", state_.wall()),
       false);
  run->acknowledge_again(frame.request_id);
  return true;
}

bool Session::answered_before(const CallFrame& frame, const std::string& call) {
  const CachedResult* cached = state_.results.find(slot_of_request(frame.request_id), now());
  if (cached != nullptr && cached->call == call) {
    answer_from(*cached, frame.request_id);
    return true;
  }
  const auto ran = ran_.find(frame.request_id);
  if (ran == ran_.end() || ran->second != call) return false;
  duplicate(frame, "the request has run already and its answer is not kept any more", frame.request_id);
  return true;
}

void Session::answer_from(const CachedResult& cached, const std::string& request_id) {
  state_.engine.services().metrics.cache_hit();
  send(frames::finish(*cached.body, request_id, frames::Origin::cache), false);
}

bool Session::shared(const CallFrame& frame, const std::string& call) {
  if (!shares(*frame.tool)) return false;
  if (is_cacheable(frame.arguments)) {
    if (const CachedResult* cached = state_.results.find(slot_of_call(call), now())) {
      answer_from(*cached, frame.request_id);
      return true;
    }
  }
  const auto found = joinable_.find(call);
  const std::shared_ptr<Run> run = found == joinable_.end() ? nullptr : found->second.lock();
  if (!run || run->waiters().empty() || now() - run->born() >= state_.settings()->inflight_ttl) return false;
  if (run->waiters().size() >= k_max_waiters) {
    duplicate(frame, "the same call is in flight and too many wait for it",
              run->waiters().front().request_id);
    return true;
  }
  waiting_.emplace(frame.request_id, run);
  run->join({frame.request_id, frame.stream});
  return true;
}

void Session::run(CallFrame frame, const std::string& call) {
  const std::shared_ptr<Session> self = shared_from_this();
  const bool shared = shares(*frame.tool);
  const auto run =
      std::make_shared<Run>(self, frame.tool, call, shared && is_cacheable(frame.arguments), now());
  run->join({frame.request_id, frame.stream});
  waiting_.emplace(frame.request_id, run);
  if (shared) joinable_[call] = run;
  run->start(state_.engine, std::move(frame.arguments), principal_, "ws:" + id_);
  if (!run->started() && !run->finished())
    send(frames::note(frame.request_id, frame.tool->id, "accepted, waiting for capacity", state_.wall()),
         false);
}

void Session::duplicate(const CallFrame& frame, const std::string& why, const std::string& original) {
  state_.log_error("DUPLICATE", why, id_, frame.request_id);
  const Json details = {{"original_request_id", original}};
  // While the request id belongs to another call, a call_tool_res would look like the answer to that one.
  if (waiting_.contains(frame.request_id))
    return send(frames::error("DUPLICATE", why, frame.request_id, details), false);
  const Error error = make_error(ErrorKind::invalid, why, "send the call under a new request id");
  send(frames::finish(frames::failure("DUPLICATE", error, details).body, frame.request_id,
                      frames::Origin::run),
       false);
}

void Session::cancel(const std::string& request_id) {
  const auto found = waiting_.find(request_id);
  if (found == waiting_.end()) return;
  const std::shared_ptr<Run> run = found->second;
  if (run->waiters().size() == 1) return run->cancel(state_.engine);
  // Others wait for the same run: only this one goes.
  run->leave(request_id);
  waiting_.erase(found);
  const Error error = make_error(ErrorKind::cancelled, "cancelled by the caller");
  send(frames::finish(frames::failure(mcp::exai_ws_code(error.kind), error, frames::details_of(error)).body,
                      request_id, frames::Origin::inflight),
       false);
}

Json Session::details(const Error& error, const Run& run, bool ran) const {
  Json details = frames::details_of(error);
  if (error.kind == ErrorKind::timeout) {
    details["timeout_seconds"] = static_cast<double>(run.budget().count()) / 1000.0;
    details["tool_name"] = run.tool().id;
  }
  if (error.kind == ErrorKind::config) details["error_type"] = to_string(error.kind);
  if (error.kind != ErrorKind::busy) return details;
  const engine::InFlight& in_flight = state_.engine.services().in_flight;
  const bool full = in_flight.calls >= in_flight.limit;
  details["capacity_type"] = ran ? "Provider" : full ? "Global" : "Session";
  details["session_id"] = shown_id();
  return details;
}

frames::Answer Session::answer_of(const Run& run, const engine::CallOutcome& outcome) {
  const Settings& settings = *state_.settings();
  if (outcome.result) {
    const std::string session = shown_id();
    return frames::result(
        std::get<engine::ToolOutput>(*outcome.result),
        {settings.compat_text, settings.never_empty, run.tool().id, session, state_.wall()});
  }
  const Error& error = outcome.result.error();
  const bool closing = state_.engine.draining() && !outcome.ran && error.kind == ErrorKind::busy;
  return frames::failure(closing ? "SERVICE_UNAVAILABLE" : mcp::exai_ws_code(error.kind), error,
                         details(error, run, outcome.ran));
}

void Session::finished(Run& run, const engine::CallOutcome& outcome) {
  if (const auto found = joinable_.find(run.call());
      found != joinable_.end() && found->second.lock().get() == &run)
    joinable_.erase(found);
  if (ended_) return;
  frames::Answer answer = answer_of(run, outcome);
  const bool good = answer.code.empty();
  const bool wanted = !outcome.result && outcome.result.error().kind == ErrorKind::cancelled;
  if (!good && !wanted && !run.waiters().empty()) {
    const std::string why = outcome.result ? "the tool reported a failure" : outcome.result.error().message;
    state_.log_error(answer.code, std::string(run.tool().id) + ": " + why, id_,
                     run.waiters().front().request_id);
  }
  const CachedResult cached{std::make_shared<const std::string>(std::move(answer.body)), run.call()};
  if (good && run.cacheable()) state_.results.put(slot_of_call(run.call()), cached, now());
  frames::Origin origin = frames::Origin::run;
  for (const Run::Waiter& waiter : run.waiters()) {
    waiting_.erase(waiter.request_id);
    remember(waiter.request_id, run, cached, outcome.ran || run.started(), good);
    if (waiter.stream && good) send(frames::stream_complete(waiter.request_id, state_.wall()), false);
    send(frames::finish(*cached.body, waiter.request_id, origin), false);
    origin = frames::Origin::inflight;
  }
}

void Session::remember(const std::string& request_id, const Run& run, const CachedResult& result, bool begun,
                       bool good) {
  // An error is kept for its own request only, and only where the client relies on never running twice. A
  // tool that is not shared is run anew by clients that count their requests from one each time.
  const bool relied_on = resumable_ && begun;
  if (relied_on || (good && shares(run.tool())))
    state_.results.put(slot_of_request(request_id), result, now());
  if (!relied_on) return;
  if (ran_.insert_or_assign(request_id, run.call()).second) ran_order_.push_back(request_id);
  if (ran_order_.size() <= k_max_ran) return;
  ran_.erase(ran_order_.front());
  ran_order_.pop_front();
}

}  // namespace exai::serve::exai_ws
