#include "serve/mcp/mcp_call.hpp"

#include "core/text.hpp"
#include "io/random.hpp"
#include "mcp/errors.hpp"

namespace exai::serve::mcp {
namespace {

// A handler that never stops asking is broken; it must not keep a person in a loop.
constexpr int k_max_rounds = 16;

/// How older revisions write the params of a request that asks for input.
Json session_params(const engine::InputRequest& request, const Revision& revision) {
  Json params = request.params;
  if (request.kind == engine::InputKind::form && revision.version < "2025-11-25") params.erase("mode");
  // Sessions have the page's end announced by this id.
  if (request.kind == engine::InputKind::url) params["elicitationId"] = io::random_uuid();
  return params;
}

}  // namespace

McpCall::McpCall(const CallReach& reach, std::string peer, std::shared_ptr<Session> session, BeginCall begin,
                 RequestContext context, std::shared_ptr<ResponseSink> sink)
    : reach_(reach),
      peer_(std::move(peer)),
      session_(std::move(session)),
      begin_(std::move(begin)),
      context_(std::move(context)),
      job_(begin_.job),
      sink_(std::move(sink)),
      inputs_(std::move(begin_.inputs)) {}

void McpCall::start() {
  engine::CallSpec spec;
  spec.job = job_;
  spec.caller = context_.caller;
  spec.inputs = inputs_;
  spec.state = state_;
  call_ = reach_.engine.start(std::move(spec), shared_from_this());
}

void McpCall::on_started(Millis budget) {
  if (job_->work == engine::Work::inline_ || context_.progress_token.empty()) return;
  started_ = reach_.engine.services().reach.clock->steady();
  budget_ = budget;
  beat_later();
}

/// Clients give up on a call that is silent for long, and start anew when it makes progress.
void McpCall::beat_later() {
  progress_at_beat_ = progress_;
  beat_ = reach_.engine.services().loop.after(reach_.limits.heartbeat, [weak = weak_from_this()] {
    const std::shared_ptr<McpCall> call = weak.lock();
    if (!call || call->over_ || !call->sink_) return;
    const auto worked = std::chrono::duration_cast<std::chrono::seconds>(
        call->reach_.engine.services().reach.clock->steady() - call->started_);
    if (call->progress_ == call->progress_at_beat_)
      call->on_progress({.text = {},
                         .message = call->job_->name + " has worked for " + format_duration(Millis(worked)) +
                                    ", " + format_duration(call->budget_) + " at most"});
    call->beat_later();
  });
}

void McpCall::on_progress(const engine::Progress& progress) {
  if (context_.progress_token.empty() || !sink_ || !sink_->can_send()) return;
  sink_->send(rpc_notification("notifications/progress",
                               progress_params(context_.progress_token, ++progress_, progress)),
              true);
}

void McpCall::on_log(engine::ClientLog level, const Json& data) {
  if (!sink_ || !sink_->can_send()) return;
  sink_->send(rpc_notification("notifications/message", "{\"level\":" + quote_json(engine::to_string(level)) +
                                                            ",\"logger\":" + quote_json(job_->name) +
                                                            ",\"data\":" + dump_json(data) + "}"),
              true);
}

void McpCall::on_let_poll() {
  if (sink_) sink_->let_poll();
}

void McpCall::on_task() {
  const bool possible = begin_.task != tools::TaskUse::never && context_.caller.client.tasks &&
                        context_.revision.era == Era::stateless;
  if (!possible || !task_.empty() || over_) return;
  // Without a place among the tasks the caller waits, as one that knows no tasks does.
  TaskRecord* record = reach_.tasks.create(context_.caller.principal.name);
  if (record == nullptr) return;
  task_ = record->facts.id;
  record->cancel = [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->cancel();
  };
  answer(rpc_result(begin_.id, reach_.writer.created_task(record->facts)));
  over_ = false;
}

std::shared_ptr<ResponseSink> McpCall::take_sink() {
  if (!sink_) return nullptr;
  over_ = true;
  const std::shared_ptr<McpCall> self = shared_from_this();  // the table may hold the last one
  std::shared_ptr<ResponseSink> sink = std::exchange(sink_, nullptr);
  reach_.open.end(peer_, begin_.id);
  return sink;
}

void McpCall::answer(std::string message, int http) {
  if (const std::shared_ptr<ResponseSink> sink = take_sink()) sink->answer(std::move(message), http);
}

void McpCall::refuse(const RpcError& error) {
  std::string message = rpc_error(begin_.id, error);
  if (!error.needed_scope) return answer(std::move(message), error.http);
  if (const std::shared_ptr<ResponseSink> sink = take_sink())
    sink->forbid(std::move(message), *error.needed_scope);
}

void McpCall::cancel() {
  const std::shared_ptr<McpCall> self = shared_from_this();
  if (const std::shared_ptr<engine::Call> call = call_.lock(); call && requests_.empty())
    return reach_.engine.cancel(call);
  drop_requests();
  if (over_) return;
  if (const std::shared_ptr<ResponseSink> sink = take_sink()) sink->abandon();
}

RpcError McpCall::rpc_failure(const Error& error) const {
  RpcError rpc = to_rpc(error);
  if (begin_.kind == AnswerKind::resource && error.kind == ErrorKind::not_found) {
    if (context_.revision.era == Era::session) rpc.code = k_resource_not_found;
    rpc.data["uri"] = begin_.uri;
  }
  return rpc;
}

void McpCall::fail_with(const Error& error) {
  if (begin_.kind != AnswerKind::tool) return refuse(rpc_failure(error));
  answer(rpc_result(begin_.id,
                    reach_.writer.failed_tool(context_.revision.era, error, begin_.has_output_schema)));
}

std::string McpCall::result_text(const engine::CallAnswer& answer) const {
  const McpWriter& writer = reach_.writer;
  const Era era = context_.revision.era;
  if (const auto* output = std::get_if<engine::ToolOutput>(&answer))
    return writer.tool(context_.revision, *output);
  if (const auto* output = std::get_if<engine::PromptOutput>(&answer)) return writer.prompt(era, *output);
  if (const auto* output = std::get_if<engine::ResourceOutput>(&answer))
    return writer.resource(era, begin_.uri, *output, begin_.hint);
  if (const auto* output = std::get_if<engine::CompletionOutput>(&answer))
    return writer.completion(era, *output);
  return writer.empty(era);
}

void McpCall::on_finished(engine::CallOutcome outcome) {
  const std::shared_ptr<McpCall> self = shared_from_this();
  beat_.reset();
  if (outcome.result) {
    if (auto* required = std::get_if<engine::InputRequired>(&*outcome.result))
      return need_input(std::move(*required));
  }
  if (!task_.empty()) return settle_task(outcome);
  if (outcome.result) return answer(rpc_result(begin_.id, result_text(*outcome.result)));
  const Error& error = outcome.result.error();
  if (error.kind == ErrorKind::cancelled) {
    if (const std::shared_ptr<ResponseSink> sink = take_sink()) sink->abandon();
    return;
  }
  if (!outcome.ran) return refuse(to_rpc(error));
  fail_with(error);
}

void McpCall::settle_task(const engine::CallOutcome& outcome) {
  over_ = true;
  TaskRecord* record = reach_.tasks.find(task_);
  if (record == nullptr || record->over()) return;
  record->cancel = nullptr;
  record->resume = nullptr;
  if (outcome.result || outcome.ran) {
    const std::string result =
        outcome.result
            ? result_text(*outcome.result)
            : reach_.writer.failed_tool(Era::stateless, outcome.result.error(), begin_.has_output_schema);
    record->outcome = "\"result\":" + result;
    reach_.tasks.set_status(*record, "completed");
  } else {
    const RpcError error = to_rpc(outcome.result.error());
    record->outcome = "\"error\":{\"code\":" + std::to_string(error.code) +
                      ",\"message\":" + quote_json(error.message) + "}";
    reach_.tasks.set_status(*record, "failed");
  }
  reach_.subscriptions.task_changed(record->facts, task_details(*record));
}

void McpCall::need_input(engine::InputRequired required) {
  if (++rounds_ > k_max_rounds)
    return fail_with(make_error(ErrorKind::internal,
                                job_->name + " asked for input " + std::to_string(k_max_rounds) + " times"));
  for (const engine::InputRequest& request : required.requests) {
    if (context_.caller.client.can(request.kind)) continue;
    const std::string what(input_method(request.kind));
    if (context_.revision.era == Era::session)
      return fail_with(make_error(ErrorKind::refused,
                                  job_->name + " needs " + what + ", which this client did not declare",
                                  "use a client that offers it"));
    RpcError error;
    error.code = k_missing_capability;
    error.message = job_->name + " needs " + what + ", which this client did not declare";
    error.data = {{"requiredCapabilities", needed_capabilities(request.kind)}};
    error.http = 400;
    if (task_.empty()) return refuse(error);
    return settle_task({fail(make_error(ErrorKind::refused, error.message)), false});
  }
  if (!task_.empty()) return ask_in_task(std::move(required));
  if (context_.revision.era == Era::stateless) return ask_as_result(required);
  ask_as_requests(std::move(required));
}

void McpCall::ask_as_result(const engine::InputRequired& required) {
  std::string sealed;
  if (!required.state.is_null())
    sealed = reach_.seal.seal(required.state, context_.caller.principal.name, begin_.digest(),
                              reach_.engine.services().reach.clock->wall() + reach_.limits.input_wait);
  answer(rpc_result(begin_.id, reach_.writer.input_required(required.requests, sealed)));
}

void McpCall::ask_in_task(engine::InputRequired required) {
  TaskRecord* record = reach_.tasks.find(task_);
  if (record == nullptr || record->over()) return;
  state_ = std::move(required.state);
  record->open_inputs = std::move(required.requests);
  record->answers = Json::object();
  // The record keeps this call while nothing else does.
  record->resume = [self = shared_from_this()](Json answers) { self->resume(std::move(answers)); };
  record->cancel = nullptr;
  reach_.tasks.set_status(*record, "input_required");
  reach_.subscriptions.task_changed(record->facts, task_details(*record));
}

void McpCall::ask_as_requests(engine::InputRequired required) {
  if (!sink_ || !sink_->can_send() || !session_)
    return fail_with(make_error(ErrorKind::refused,
                                job_->name + " has to ask the client, which takes no event stream",
                                "send Accept: application/json, text/event-stream"));
  state_ = std::move(required.state);
  const std::shared_ptr<McpCall> self = shared_from_this();
  reach_.open.begin(peer_, begin_.id, self);
  for (const engine::InputRequest& request : required.requests) {
    const RpcId id = quote_json("exai-" + std::to_string(session_->next_request++));
    requests_[id] = request.key;
    reach_.open.expect(peer_, id, self);
    std::string text = R"({"jsonrpc":"2.0","id":)";
    text.append(id).append(R"(,"method":)").append(quote_json(input_method(request.kind)));
    text.append(R"(,"params":)").append(dump_json(session_params(request, context_.revision))).append("}");
    sink_->send(std::move(text), false);
  }
  if (requests_.empty()) return resume(Json::object());
  timer_ = reach_.engine.services().loop.after(reach_.limits.input_wait, [weak = weak_from_this()] {
    const std::shared_ptr<McpCall> call = weak.lock();
    if (!call) return;
    call->drop_requests();
    call->fail_with(make_error(ErrorKind::timeout,
                               "nobody answered within " + format_duration(call->reach_.limits.input_wait),
                               "call the tool again, or raise mcp.input_wait"));
  });
}

void McpCall::drop_requests() {
  timer_.reset();
  for (const auto& [id, key] : requests_) {
    reach_.open.answered(peer_, id);
    if (sink_ && sink_->can_send())
      sink_->send(rpc_notification("notifications/cancelled", "{\"requestId\":" + id + "}"), true);
  }
  requests_.clear();
}

void McpCall::take_response(const RpcId& id, const Json& message) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  const std::shared_ptr<McpCall> self = shared_from_this();
  const std::string key = found->second;
  requests_.erase(found);
  reach_.open.answered(peer_, id);
  const Json& result = member_of(message, "result");
  if (!result.is_object()) {
    drop_requests();
    const std::string why = text_of(member_of(message, "error"), "message");
    return fail_with(make_error(ErrorKind::refused, "the client would not answer " + job_->name + ": " +
                                                        printable(std::string_view(why).substr(0, 300))));
  }
  inputs_[key] = result;
  if (!requests_.empty()) return;
  timer_.reset();
  start();
}

void McpCall::resume(Json answers) {
  for (auto& [key, answer] : answers.items()) inputs_[key] = std::move(answer);
  if (!task_.empty()) {
    if (TaskRecord* record = reach_.tasks.find(task_))
      record->cancel = [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->cancel();
      };
  }
  start();
}

}  // namespace exai::serve::mcp
