#include "serve/mcp/service.hpp"

#include "mcp/errors.hpp"

namespace exai::serve::mcp {

ServiceLimits service_limits(const Config& config) {
  ServiceLimits limits;
  limits.streams = static_cast<std::size_t>(config.integer("limits.streams"));
  limits.input_wait = config.duration("mcp.input_wait");
  limits.heartbeat = config.duration("mcp.heartbeat");
  limits.tasks.ttl = config.duration("mcp.task_ttl");
  return limits;
}

McpService::McpService(const Dispatcher& dispatcher, engine::Engine& engine, StateSeal seal,
                       ServiceLimits limits, std::function<std::string()> make_id)
    : dispatcher_(dispatcher),
      writer_(dispatcher.writer()),
      engine_(engine),
      seal_(std::move(seal)),
      limits_(limits),
      subscriptions_(writer_),
      tasks_(limits.tasks, *engine.services().reach.clock, std::move(make_id)),
      reach_{engine_, writer_, seal_, limits_, subscriptions_, tasks_, open_} {
  engine_.services().changes = this;
}

McpService::~McpService() {
  engine_.services().changes = nullptr;
}

void McpService::take(RpcMessage message, Era era, const Peer& peer,
                      const std::shared_ptr<ResponseSink>& sink) {
  RequestContext context = read_context(message, era, peer);
  Action action = dispatcher_.dispatch(std::move(message), context, peer.request);
  if (auto* reply = std::get_if<SendAnswer>(&action)) {
    if (reply->needed_scope) return sink->forbid(std::move(reply->message), *reply->needed_scope);
    return sink->answer(std::move(reply->message), reply->http);
  }
  if (auto* call = std::get_if<BeginCall>(&action))
    return begin(std::move(*call), std::move(context), peer, sink);
  if (auto* opened = std::get_if<OpenSession>(&action)) return sink->open_session(std::move(*opened));
  if (auto* listen = std::get_if<BeginListen>(&action)) {
    const RpcId id = listen->id;
    if (subscriptions_.listen(peer.id, std::move(*listen), sink, limits_.streams)) return;
    RpcError error;
    error.message = "no room for another stream (limits.streams); try again later";
    return sink->answer(rpc_error(id, error), 503);
  }
  if (const auto* task_wanted = std::get_if<TaskRequest>(&action))
    return task(*task_wanted, peer.principal.name, *sink);
  if (const auto* wanted = std::get_if<SetSubscription>(&action))
    return subscribe(*wanted, peer.session.get(), *sink);
  if (const auto* level = std::get_if<SetLogLevel>(&action)) {
    if (peer.session) peer.session->log_level = level->level;
    return sink->answer(rpc_result(level->id, "{}"), 200);
  }
  if (const auto* cancelled = std::get_if<CancelCall>(&action)) cancel(peer.id, cancelled->id);
  if (const auto* response = std::get_if<TakeResponse>(&action)) {
    if (const std::shared_ptr<McpCall> call = open_.waiting(peer.id, response->id))
      call->take_response(response->id, response->message);
  }
  sink->accepted();
}

void McpService::begin(BeginCall begin, RequestContext context, const Peer& peer,
                       std::shared_ptr<ResponseSink> sink) {
  if (open_.find(peer.id, begin.id)) {
    RpcError error;
    error.code = k_invalid_request;
    error.message = "a request with this id is still running in this session";
    return sink->answer(rpc_error(begin.id, error), 200);
  }
  Json state;
  if (!begin.sealed_state.empty()) {
    Result<Json> opened = seal_.open(begin.sealed_state, peer.principal.name, begin.digest(),
                                     engine_.services().reach.clock->wall());
    if (!opened) return sink->answer(rpc_error(begin.id, to_rpc(opened.error())), 200);
    state = std::move(*opened);
  }
  const bool lasting = begin.job->work != engine::Work::inline_;
  const RpcId id = begin.id;
  const auto call = std::make_shared<McpCall>(reach_, peer.id, peer.session, std::move(begin),
                                              std::move(context), std::move(sink));
  call->set_state(std::move(state));
  if (lasting) open_.begin(peer.id, id, call);
  call->start();
}

void McpService::cancel(const std::string& peer, const RpcId& id) {
  if (subscriptions_.drop(peer, id)) return;
  if (const std::shared_ptr<McpCall> call = open_.find(peer, id)) call->cancel();
}

void McpService::drop(const std::string& peer) {
  subscriptions_.drop_all(peer);
  subscriptions_.leave(peer);
  for (const std::shared_ptr<McpCall>& call : open_.of(peer)) call->cancel();
}

void McpService::subscribe(const SetSubscription& wanted, Session* session, ResponseSink& sink) {
  RpcError error;
  error.code = k_invalid_params;
  if (session == nullptr) {
    error.message = "subscriptions need a session: send initialize first";
    return sink.answer(rpc_error(wanted.id, error), 200);
  }
  if (!wanted.on) {
    session->subscriptions.erase(wanted.uri);
    return sink.answer(rpc_result(wanted.id, "{}"), 200);
  }
  if (session->subscriptions.size() >= k_max_subscriptions) {
    error.message = "this session has " + std::to_string(k_max_subscriptions) +
                    " subscriptions, which is the most; unsubscribe from some";
    return sink.answer(rpc_error(wanted.id, error), 200);
  }
  session->subscriptions.insert(wanted.uri);
  sink.answer(rpc_result(wanted.id, "{}"), 200);
}

void McpService::task(const TaskRequest& request, const std::string& principal, ResponseSink& sink) {
  TaskRecord* record = tasks_.find(request.task, principal);
  if (record == nullptr) {
    RpcError error;
    error.code = k_invalid_params;
    error.message = "unknown task: it never was, has expired, or belongs to another caller";
    return sink.answer(rpc_error(request.id, error), 200);
  }
  std::string result;
  switch (request.what) {
    case TaskRequest::What::get:
      result = writer_.task(record->facts, task_details(*record));
      break;
    case TaskRequest::What::update:
      result = update_task(*record, request);
      break;
    case TaskRequest::What::cancel:
      if (!record->over()) {
        tasks_.set_status(*record, "cancelled");
        record->open_inputs.clear();
        const std::function<void()> stop = std::exchange(record->cancel, nullptr);
        record->resume = nullptr;
        if (stop) stop();
        subscriptions_.task_changed(record->facts, task_details(*record));
      }
      result = writer_.empty(Era::stateless);
      break;
  }
  sink.answer(rpc_result(request.id, result), 200);
}

std::string McpService::update_task(TaskRecord& record, const TaskRequest& request) {
  for (auto& [key, response] : request.responses.items()) {
    const auto open =
        std::find_if(record.open_inputs.begin(), record.open_inputs.end(),
                     [&name = key](const engine::InputRequest& one) { return one.key == name; });
    if (open == record.open_inputs.end()) continue;
    record.answers[key] = response;
    record.open_inputs.erase(open);
  }
  if (record.open_inputs.empty() && record.resume) {
    tasks_.set_status(record, "working");
    const std::function<void(Json)> resume = std::exchange(record.resume, nullptr);
    subscriptions_.task_changed(record.facts, {});
    // Later, so that this request is answered before anything the resumed work sends.
    engine_.services().loop.post([resume, answers = std::exchange(record.answers, Json::object())]() mutable {
      resume(std::move(answers));
    });
  }
  return writer_.empty(Era::stateless);
}

}  // namespace exai::serve::mcp
