// Calls that went on after their request was answered: extension io.modelcontextprotocol/tasks. Loop thread
// only.
#pragma once

#include "serve/mcp/writer.hpp"

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace exai::serve::mcp {

struct TaskRecord {
  TaskFacts facts;
  std::string principal;                          ///< whose it is
  std::vector<engine::InputRequest> open_inputs;  ///< still without an answer
  Json answers = Json::object();                  ///< what has come so far, by key
  std::string outcome;                            ///< `"result":{...}` or `"error":{...}`, once there is one
  std::function<void()> cancel;
  std::function<void(Json)> resume;  ///< with all answers

  [[nodiscard]] bool over() const;
};

struct TaskLimits {
  std::size_t max = 1000;
  Millis ttl{3600000}, poll{1000};
};

class TaskTable {
 public:
  TaskTable(TaskLimits limits, const Clock& clock, std::function<std::string()> make_id)
      : limits_(limits), clock_(clock), make_id_(std::move(make_id)) {}

  /// A working task; nullptr when all places are taken by tasks that are not over.
  TaskRecord* create(const std::string& principal);
  /// nullptr when unknown, expired or somebody else's.
  TaskRecord* find(std::string_view id, std::string_view principal);
  /// By id alone, for the call that works on it.
  TaskRecord* find(std::string_view id);
  /// A new status, now.
  void set_status(TaskRecord& task, std::string status) const;
  [[nodiscard]] std::size_t size() const { return by_id_.size(); }

 private:
  void expire();
  using List = std::list<TaskRecord>;  // oldest first
  List tasks_;
  std::unordered_map<std::string_view, List::iterator> by_id_;  // keys live in the list's items
  TaskLimits limits_;
  const Clock& clock_;
  std::function<std::string()> make_id_;
};

/// The members of tasks/get that depend on the status, each with a comma before it.
std::string task_details(const TaskRecord& task);

}  // namespace exai::serve::mcp
