#include "checks/run.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace exai::checks {
namespace {

CheckResult outcome_of(const Task& task, const CheckContext& context) {
  if (context.stop.stop_requested())
    return check_unknown(make_error(ErrorKind::cancelled, "not run: stopped before"));
  if (!context.deadline.passed(context.clock)) return task.run(context);
  CheckResult result = check_unknown(
      make_error(ErrorKind::timeout, "not run: the time of the whole run was used up", "raise --timeout"));
  result.cause = Cause::budget;
  return result;
}

CheckResult run_task(const Task& task, const std::string& group, const CheckContext& context) {
  CheckResult result = timed(context.clock, [&] { return outcome_of(task, context); });
  result.id = task.id;
  if (!task.title.empty()) result.title = task.title;
  result.group = group;
  result.source = task.source;
  return result;
}

// One group: a few threads take tasks by number; the calling thread reports results, so that lines never mix.
class GroupRun {
 public:
  GroupRun(const TaskGroup& group, const CheckContext& context)
      : group_(group), context_(context), results_(group.tasks.size()) {}

  template <class Report>
  std::vector<CheckResult> run(std::size_t jobs, const Report& report) {
    std::vector<std::jthread> workers;
    for (std::size_t i = 0; i < std::min(jobs, group_.tasks.size()); ++i)
      workers.emplace_back([this] { work(); });
    for (std::size_t reported = 0; reported < group_.tasks.size(); ++reported) {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return !finished_.empty(); });
      const std::size_t index = finished_.front();
      finished_.pop_front();
      lock.unlock();
      report(results_[index]);
    }
    workers.clear();
    return std::move(results_);
  }

 private:
  void work() {
    for (std::size_t i = next_++; i < group_.tasks.size(); i = next_++) {
      results_[i] = run_task(group_.tasks[i], group_.name, context_);
      const std::lock_guard lock(mutex_);
      finished_.push_back(i);
      ready_.notify_one();
    }
  }

  const TaskGroup& group_;
  const CheckContext& context_;
  std::vector<CheckResult> results_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::size_t> finished_;
};

std::vector<CheckResult> run_up_to_failure(const std::vector<TaskGroup>& groups, const CheckContext& context,
                                           const RunOptions& options) {
  const std::size_t total = count_tasks(groups);
  std::vector<CheckResult> results;
  for (const TaskGroup& group : groups)
    for (const Task& task : group.tasks) {
      if (options.on_begin) options.on_begin(task, results.size(), total);
      results.push_back(run_task(task, group.name, context));
      if (task.changes) context.measurements->forget();
      if (options.on_result) options.on_result(results.back(), results.size(), total);
      if (results.back().status == Status::fail || context.stop.stop_requested()) return results;
    }
  return results;
}

/// The tasks wait more than they compute.
std::size_t threads_for(int jobs) {
  if (jobs > 0) return static_cast<std::size_t>(jobs);
  return std::min(4U, 2 * std::max(1U, std::thread::hardware_concurrency()));
}

}  // namespace

std::vector<CheckResult> run(const std::vector<TaskGroup>& groups, const CheckContext& context,
                             const RunOptions& options) {
  if (options.fail_fast) return run_up_to_failure(groups, context, options);
  const std::size_t total = count_tasks(groups);
  std::vector<CheckResult> results;
  std::size_t done = 0;
  for (const TaskGroup& group : groups) {
    GroupRun one(group, context);
    for (CheckResult& result : one.run(threads_for(options.jobs), [&](const CheckResult& made) {
           ++done;
           if (options.on_result) options.on_result(made, done, total);
         }))
      results.push_back(std::move(result));
    const auto changes = [](const Task& task) { return task.changes; };
    if (std::any_of(group.tasks.begin(), group.tasks.end(), changes)) context.measurements->forget();
  }
  return results;
}

Task task_of(const Check& check) {
  Task task;
  task.id = check.id;
  task.title = check.title;
  task.run = [&check](const CheckContext& context) { return run_check(check, context); };
  return task;
}

std::vector<TaskGroup> groups_by_cost(const std::vector<const Check*>& checks, const std::string& name) {
  std::vector<TaskGroup> groups;
  for (const Cost cost : {Cost::free, Cost::network, Cost::money}) {
    TaskGroup group{name, {}};
    for (const Check* check : checks)
      if (check->cost == cost) group.tasks.push_back(task_of(*check));
    if (!group.tasks.empty()) groups.push_back(std::move(group));
  }
  return groups;
}

std::size_t count_tasks(const std::vector<TaskGroup>& groups) {
  std::size_t count = 0;
  for (const TaskGroup& group : groups) count += group.tasks.size();
  return count;
}

}  // namespace exai::checks
