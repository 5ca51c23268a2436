// The one executor: for checks that were selected, for doctor and for runbooks alike.
#pragma once

#include "core/check.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace exai::checks {

/// One thing to run. Most are checks; a runbook has commands and tasks for a person beside them.
struct Task {
  std::string id, title;  ///< an empty title leaves that of the result
  std::string source;     ///< the document and line it stands for, if any
  /// Gives the result under its own part of the context's deadline; called from any thread.
  std::function<CheckResult(const CheckContext&)> run;
  bool changes = false;  ///< it may change what checks measure, so that they measure anew after its group
};

/// Tasks of a group are independent of each other; groups run in order.
struct TaskGroup {
  std::string name;  ///< the group of its results
  std::vector<Task> tasks;
};

struct RunOptions {
  int jobs = 0;            ///< threads; 0 = automatic, min(4, 2 x cores)
  bool fail_fast = false;  ///< one task after the other, up to the first failure or a stop
  /// Before a task begins; with fail_fast only, since else many begin at a time.
  std::function<void(const Task&, std::size_t done, std::size_t total)> on_begin{};
  /// After a task, from the calling thread only and in completion order.
  std::function<void(const CheckResult&, std::size_t done, std::size_t total)> on_result{};
};

/// The results in the order of the tasks. A task whose turn comes after a stop or after the deadline is not
/// run and unknown.
std::vector<CheckResult> run(const std::vector<TaskGroup>& groups, const CheckContext& context,
                             const RunOptions& options);

Task task_of(const Check& check);
/// One group a cost, named `name` all, so that a dead host is found before it costs money.
std::vector<TaskGroup> groups_by_cost(const std::vector<const Check*>& checks, const std::string& name);

std::size_t count_tasks(const std::vector<TaskGroup>& groups);

}  // namespace exai::checks
