#include "runbooks/run.hpp"

namespace exai::runbooks {
namespace {

CheckResult outstanding(const Step& step) {
  CheckResult result = check_unknown(
      make_error(ErrorKind::config, "outstanding: " + step.text, "do it, then note it in your log"));
  result.cause = Cause::human;
  return result;
}

CheckResult run_check_step(const Step& step, const CheckContext& context) {
  CheckContext own = context;
  if (step.timeout.count() > 0) own.deadline = context.deadline.within(step.timeout, context.clock);
  return run_check(*find_check(step.check), own);
}

CheckResult run_step(const Step& step, const CheckContext& context, const CommandRunner& run_command) {
  if (step.kind == StepKind::human) return outstanding(step);
  if (step.kind == StepKind::check) return run_check_step(step, context);
  const Millis limit = step.timeout.count() > 0 ? step.timeout : Millis{60'000};
  return run_command(step, context.deadline.within(limit, context.clock), context.stop);
}

}  // namespace

std::vector<checks::TaskGroup> tasks_of(const Runbook& runbook, const CommandRunner& run_command) {
  std::vector<checks::TaskGroup> groups;
  for (const Group& group : runbook.groups) {
    checks::TaskGroup& tasks = groups.emplace_back();
    tasks.name = group.name;
    for (const Step& step : group.steps) {
      checks::Task& task = tasks.tasks.emplace_back();
      task.id = step.id;
      task.title = step.title;
      task.source = step.source;
      task.changes = step.kind == StepKind::command;
      task.run = [step, run_command](const CheckContext& context) {
        return run_step(step, context, run_command);
      };
    }
  }
  return groups;
}

}  // namespace exai::runbooks
