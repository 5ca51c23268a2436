// Tasks, as the extension io.modelcontextprotocol/tasks has them: tasks/get, tasks/update, tasks/cancel.
#include "core/json_access.hpp"
#include "serve/mcp/method.hpp"
#include "serve/mcp/refusal.hpp"
#include "serve/mcp/rounds.hpp"

namespace exai::serve::mcp {
namespace {

/// What all three need: a client that knows tasks, and which it means.
tl::expected<TaskRequest, SendAnswer> task_request(const MethodCall& call, TaskRequest::What what) {
  if (!call.context.caller.client.tasks)
    return tl::unexpected(refuse_without_tasks(
        call.id(), std::string("tasks need the client's extension ") + k_tasks_extension, 400));
  TaskRequest request;
  request.id = call.id();
  request.what = what;
  request.task = text_of(call.params, "taskId");
  if (request.task.empty())
    return tl::unexpected(
        refuse(call.id(), k_invalid_params, call.message.method + " needs params.taskId (a string)"));
  return request;
}

Action get_task(MethodCall& call) {
  auto request = task_request(call, TaskRequest::What::get);
  if (!request) return std::move(request.error());
  return std::move(*request);
}

Action update_task(MethodCall& call) {
  auto request = task_request(call, TaskRequest::What::update);
  if (!request) return std::move(request.error());
  BeginCall read;
  if (auto error = read_inputs(call.params, read)) return refuse(call.id(), *error);
  request->responses = std::move(read.inputs);
  return std::move(*request);
}

Action cancel_task(MethodCall& call) {
  auto request = task_request(call, TaskRequest::What::cancel);
  if (!request) return std::move(request.error());
  return std::move(*request);
}

const Registered<Method> k_tasks_get{
    Method{.id = "tasks/get", .in_session = false, .scope = Scope::operator_, .handle = get_task}};
const Registered<Method> k_tasks_update{
    Method{.id = "tasks/update", .in_session = false, .scope = Scope::operator_, .handle = update_task}};
const Registered<Method> k_tasks_cancel{
    Method{.id = "tasks/cancel", .in_session = false, .scope = Scope::operator_, .handle = cancel_task}};

}  // namespace
}  // namespace exai::serve::mcp
