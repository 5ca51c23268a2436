#include "serve/mcp/tasks.hpp"

namespace exai::serve::mcp {

bool TaskRecord::over() const {
  return facts.status == "completed" || facts.status == "failed" || facts.status == "cancelled";
}

void TaskTable::expire() {
  const Wall now = clock_.wall();
  for (auto task = tasks_.begin(); task != tasks_.end();) {
    // What still works is kept: its call has a deadline of its own.
    if (!task->over() || task->facts.created + task->facts.ttl > now) {
      ++task;
      continue;
    }
    by_id_.erase(task->facts.id);
    task = tasks_.erase(task);
  }
}

TaskRecord* TaskTable::create(const std::string& principal) {
  expire();
  if (tasks_.size() >= limits_.max) {
    const auto done =
        std::find_if(tasks_.begin(), tasks_.end(), [](const TaskRecord& t) { return t.over(); });
    if (done == tasks_.end()) return nullptr;
    by_id_.erase(done->facts.id);
    tasks_.erase(done);
  }
  TaskRecord task;
  const Wall now = clock_.wall();
  task.facts = {make_id_(), "working", now, now, limits_.ttl, limits_.poll};
  task.principal = principal;
  tasks_.push_back(std::move(task));
  by_id_.emplace(tasks_.back().facts.id, std::prev(tasks_.end()));
  return &tasks_.back();
}

TaskRecord* TaskTable::find(std::string_view id) {
  expire();
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &*found->second;
}

TaskRecord* TaskTable::find(std::string_view id, std::string_view principal) {
  TaskRecord* task = find(id);
  return task == nullptr || task->principal != principal ? nullptr : task;
}

void TaskTable::set_status(TaskRecord& task, std::string status) const {
  task.facts.status = std::move(status);
  task.facts.updated = clock_.wall();
}

std::string task_details(const TaskRecord& task) {
  if (!task.outcome.empty()) return "," + task.outcome;
  if (task.open_inputs.empty()) return {};
  std::string text;
  for (const engine::InputRequest& request : task.open_inputs)
    text.append(text.empty() ? ",\"inputRequests\":{" : ",")
        .append(quote_json(request.key))
        .append(":")
        .append(dump_json(input_request_json(request)));
  return text + "}";
}

}  // namespace exai::serve::mcp
