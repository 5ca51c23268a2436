// The executor: groups in order, the steps of a group side by side, results in plan order.
#include "runbooks/runbook.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <fmt/core.h>

namespace exai::runbooks {
namespace running {

CheckResult run_step(const Step& step, const std::string& group, const CheckContext& context,
                     const Hooks& hooks) {
  const Steady began = context.clock.steady();
  const Wall started = context.clock.wall();
  CheckResult result;
  if (context.stop.stop_requested()) {
    result = check_unknown(make_error(ErrorKind::cancelled, "not run: stopped before"));
  } else if (context.deadline.passed(context.clock)) {
    result = check_unknown(
        make_error(ErrorKind::timeout, "not run: the time of the whole run was used up", "raise --timeout"));
    result.cause = Cause::budget;
  } else if (step.kind == StepKind::human) {
    result = check_unknown(
        make_error(ErrorKind::config, "outstanding: " + step.text, "do it, then note it in your log"));
    result.cause = Cause::human;
  } else if (step.kind == StepKind::command) {
    const Millis limit = step.timeout.count() > 0 ? step.timeout : Millis{60'000};
    result = hooks.run_command(step, context.deadline.within(limit, context.clock), context.stop);
  } else {
    CheckContext own = context;
    if (step.timeout.count() > 0) own.deadline = context.deadline.within(step.timeout, context.clock);
    result = run_check(*find_check(step.check), own);
  }
  result.id = step.id;
  if (!step.title.empty()) result.title = step.title;
  result.group = group;
  result.source = step.source;
  result.started = started;
  result.duration = std::chrono::duration_cast<Micros>(context.clock.steady() - began);
  return result;
}

// One group: a few threads take steps by number; this thread tells the hook, so that lines never mix.
class GroupRun {
 public:
  GroupRun(const Group& group, const CheckContext& context, const Hooks& hooks)
      : group_(group), context_(context), hooks_(hooks), results_(group.steps.size()) {}

  std::vector<CheckResult> run(int jobs, std::size_t done, std::size_t total) {
    std::vector<std::jthread> workers;
    const auto count =
        std::min<std::size_t>(static_cast<std::size_t>(std::max(1, jobs)), group_.steps.size());
    for (std::size_t i = 0; i < count; ++i) workers.emplace_back([this] { work(); });
    for (std::size_t told = 0; told < group_.steps.size(); ++told) {
      std::unique_lock lock(mutex_);
      ready_.wait(lock, [this] { return !finished_.empty(); });
      const std::size_t index = finished_.front();
      finished_.pop_front();
      lock.unlock();
      if (hooks_.on_result) hooks_.on_result(results_[index], done + told + 1, total);
    }
    workers.clear();
    return std::move(results_);
  }

 private:
  void work() {
    for (std::size_t i = next_++; i < group_.steps.size(); i = next_++) {
      results_[i] = run_step(group_.steps[i], group_.name, context_, hooks_);
      const std::lock_guard lock(mutex_);
      finished_.push_back(i);
      ready_.notify_one();
    }
  }

  const Group& group_;
  const CheckContext& context_;
  const Hooks& hooks_;
  std::vector<CheckResult> results_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::size_t> finished_;
};

}  // namespace running

Report run(const Runbook& runbook, const CheckContext& context, const Hooks& hooks, int jobs) {
  Report report;
  report.title = fmt::format("runbook {}", runbook.id);
  report.started = context.clock.wall();
  const Steady began = context.clock.steady();
  std::size_t total = 0;
  for (const Group& group : runbook.groups) total += group.steps.size();
  // 0 = automatic: the steps wait more than they compute.
  if (jobs <= 0) jobs = static_cast<int>(std::min(4U, 2 * std::max(1U, std::thread::hardware_concurrency())));
  for (const Group& group : runbook.groups) {
    running::GroupRun one(group, context, hooks);
    for (CheckResult& result : one.run(jobs, report.results.size(), total))
      report.results.push_back(std::move(result));
  }
  report.duration = std::chrono::duration_cast<Micros>(context.clock.steady() - began);
  return report;
}

}  // namespace exai::runbooks
