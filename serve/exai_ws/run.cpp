#include "serve/exai_ws/run.hpp"

#include "serve/exai_ws/frames.hpp"
#include "serve/exai_ws/session.hpp"

namespace exai::serve::exai_ws {

void Run::start(engine::Engine& engine, Json arguments, const Principal& principal,
                const std::string& session) {
  engine::CallSpec spec;
  spec.job = tools::tool_job(tool_, std::make_shared<const Json>(std::move(arguments)));
  spec.caller.principal = principal;
  spec.caller.session = session;
  spec.caller.transport = engine::Transport::websocket;
  running_ = engine.start(std::move(spec), shared_from_this());
}

void Run::cancel(engine::Engine& engine) {
  if (const std::shared_ptr<engine::Call> call = running_.lock()) engine.cancel(call);
}

void Run::join(Waiter waiter) {
  waiters_.push_back(std::move(waiter));
  const std::shared_ptr<Session> session = session_.lock();
  if (started_ && session) acknowledge(*session, waiters_.back());
}

void Run::leave(const std::string& request_id) {
  std::erase_if(waiters_, [&](const Waiter& one) { return one.request_id == request_id; });
}

void Run::acknowledge_again(const std::string& request_id) {
  const std::shared_ptr<Session> session = session_.lock();
  if (!started_ || !session) return;
  for (Waiter& waiter : waiters_)
    if (waiter.request_id == request_id && waiter.acked != session->attachment())
      acknowledge(*session, waiter);
}

void Run::acknowledge(Session& session, Waiter& waiter) {
  const Millis left = budget_ - std::chrono::floor<Millis>(session.now() - begun_);
  session.send(frames::ack(waiter.request_id, tool_->id, std::max(left, Millis{0})), false);
  waiter.acked = session.attachment();
}

void Run::on_started(Millis budget) {
  const std::shared_ptr<Session> session = session_.lock();
  if (!session) return;
  started_ = true;
  budget_ = budget;
  begun_ = session->now();
  for (Waiter& waiter : waiters_) acknowledge(*session, waiter);
  beat(*session);
}

void Run::on_progress(const engine::Progress& progress) {
  const std::shared_ptr<Session> session = session_.lock();
  if (!session) return;
  const Wall now = session->state().wall();
  for (const Waiter& waiter : waiters_) {
    engine::Progress rest = progress;
    if (waiter.stream && !rest.text.empty()) {
      session->send(frames::stream_chunk(waiter.request_id, rest.text, now), true);
      rest.text.clear();
    }
    if (rest.text.empty() && rest.message.empty()) continue;
    session->send(frames::progress(waiter.request_id, tool_->id, rest, now), true);
    if (!rest.message.empty()) session->send(frames::heartbeat(waiter.request_id, tool_->id, now), true);
  }
}

void Run::on_finished(engine::CallOutcome outcome) {
  finished_ = true;
  timer_.reset();
  if (outcome.result && !std::holds_alternative<engine::ToolOutput>(*outcome.result))
    outcome.result =
        fail(ErrorKind::refused, std::string(tool_->id) + " has to ask the client, which these frames cannot",
             "call it over MCP: offer the WebSocket subprotocol mcp");
  if (const std::shared_ptr<Session> session = session_.lock()) session->finished(*this, outcome);
}

void Run::beat(Session& session) {
  const std::weak_ptr<Run> weak = weak_from_this();
  const State& state = session.state();
  timer_ = state.engine.services().loop.after(state.settings()->progress_interval, [weak] {
    const std::shared_ptr<Run> self = weak.lock();
    const std::shared_ptr<Session> still = self ? self->session_.lock() : nullptr;
    if (!still || self->finished_) return;
    for (const Waiter& waiter : self->waiters_)
      still->send(frames::heartbeat(waiter.request_id, self->tool_->id, still->state().wall()), true);
    self->beat(*still);
  });
}

}  // namespace exai::serve::exai_ws
