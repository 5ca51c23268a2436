#include "runbooks/plan.hpp"

#include "core/check.hpp"
#include "core/text.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::runbooks {
namespace {

std::string kind_word(StepKind kind) {
  if (kind == StepKind::check) return "check";
  return kind == StepKind::command ? "command" : "human";
}

std::string what_of(const Step& step) {
  if (step.kind == StepKind::check) return step.check;
  return step.kind == StepKind::command ? "exai " + join(step.command, " ") : step.text;
}

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

Result<void> all_known(const Runbook& runbook, const std::vector<std::string>& named) {
  std::vector<std::string> known;
  for (const Group& group : runbook.groups)
    for (const Step& step : group.steps) known.push_back(step.id);
  for (const std::string& id : named) {
    if (contains(known, id)) continue;
    const std::string near = did_you_mean(id, known);
    return fail(ErrorKind::usage, fmt::format("runbook {} has no step \"{}\"", runbook.id, printable(id)),
                near.empty() ? fmt::format("exai runbook show {}", runbook.id) : near);
  }
  return {};
}

}  // namespace

Result<void> judge_check(const std::string& id) {
  if (find_check(id) != nullptr) return {};
  std::vector<std::string> names;
  for (const Check* check : Registered<Check>::all()) names.emplace_back(check->id);
  const std::string near = did_you_mean(id, names);
  return fail(ErrorKind::config, fmt::format("there is no check \"{}\"", id),
              near.empty() ? "exai check list shows all" : near);
}

Result<void> narrow(Runbook& runbook, const std::vector<std::string>& only,
                    const std::optional<std::string>& from) {
  std::vector<std::string> named = only;
  if (from) named.push_back(*from);
  if (auto known = all_known(runbook, named); !known) return known;
  bool begun = !from;
  for (Group& group : runbook.groups)
    std::erase_if(group.steps, [&](const Step& step) {
      if (from && step.id == *from) begun = true;
      return !begun || (!only.empty() && !contains(only, step.id));
    });
  std::erase_if(runbook.groups, [](const Group& group) { return group.steps.empty(); });
  return {};
}

std::vector<PlannedStep> plan_of(const Runbook& runbook) {
  std::vector<PlannedStep> plan;
  for (const Group& group : runbook.groups)
    for (const Step& step : group.steps)
      plan.push_back({group.name, step.id, kind_word(step.kind), what_of(step), step.source});
  return plan;
}

std::size_t count_steps(const Runbook& runbook) {
  std::size_t count = 0;
  for (const Group& group : runbook.groups) count += group.steps.size();
  return count;
}

}  // namespace exai::runbooks
