#include "tools/workflows/hook.hpp"

#include <array>
#include <set>

#include <fmt/core.h>

namespace exai::tools {
namespace {

constexpr std::array<const char*, 6> k_marks{"is_step_revision", "revises_step_number", "is_branch_point",
                                             "branch_from_step", "branch_id",           "more_steps_needed"};

Result<void> check_earlier(const Step& step, const char* field) {
  const long long other = step.arguments.value(field, 0LL);
  if (other == 0 || other < step.number) return {};
  return fail(ErrorKind::invalid,
              fmt::format("{} {} is not before step_number {}", field, other, step.number),
              step.number > 1 ? fmt::format("send {} from 1 to {}", field, step.number - 1)
                              : fmt::format("leave {} out in step 1", field));
}

Result<void> check_planner(Step& step) {
  const Json& given = step.arguments;
  for (const char* field : {"revises_step_number", "branch_from_step"})
    if (Result<void> fits = check_earlier(step, field); !fits) return fits;
  if (given.value("is_step_revision", false) && !given.contains("revises_step_number"))
    return fail(ErrorKind::invalid, "is_step_revision came without revises_step_number",
                "say in revises_step_number which step this one replaces");
  if ((given.value("is_branch_point", false) || given.contains("branch_from_step")) &&
      given.value("branch_id", "").empty())
    return fail(ErrorKind::invalid, "a branch came without branch_id",
                R"(give the alternative a name, such as branch_id "queue-based")");
  for (const char* field : k_marks)
    if (given.contains(field)) step.extra[field] = given[field];
  if (given.value("more_steps_needed", false)) step.total = std::max(step.total, step.number + 1);
  return {};
}

Json branches(const Step& step) {
  Json names = Json::array();
  for (const Json& entry : step.gathered.history) {
    const std::string name = entry.value("branch_id", "");
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  }
  return names;
}

void add_plan(Step& step) {
  step.answer["step_content"] = step.text;
  step.answer[step.flow.block_key]["step_history_length"] = step.gathered.steps;
  step.metadata["branches"] = branches(step);
  step.metadata["step_history_length"] = step.gathered.steps;
  for (const char* field : k_marks)
    step.metadata[field] = step.arguments.contains(field) ? step.arguments[field] : Json();
}

Result<void> pause_planner(Step& step) {
  add_plan(step);
  if (step.answer.contains("thinking_required")) step.answer["next_steps"] = step.flow.text("think_first");
  return {};
}

/// The plan as it stands: what was revised is left out.
Json plan_steps(const Step& step) {
  std::set<long long> revised;
  for (const Json& entry : step.gathered.history)
    if (entry.contains("revises_step_number")) revised.insert(entry.value("revises_step_number", 0LL));
  Json steps = Json::array();
  for (const Json& entry : step.gathered.history) {
    const long long number = entry.value("step_number", 0LL);
    if (revised.count(number) != 0) continue;
    Json one{{"step_number", number}, {"content", entry.value("step", "")}};
    if (entry.contains("branch_id")) one["branch_id"] = entry["branch_id"];
    steps.push_back(std::move(one));
  }
  return steps;
}

Result<void> complete_planner(Step& step) {
  add_plan(step);
  const Workflow& flow = step.flow;
  step.answer["plan_summary"] = fmt::format("Complete plan: {} ({} steps in all)", step.text, step.total);
  step.answer["plan_steps"] = plan_steps(step);
  step.answer["output"] = {{"instructions", flow.text("instructions")},
                           {"format", "step_by_step_planning"},
                           {"presentation_guidelines",
                            {{"completed_plans", flow.text("completed_plans")},
                             {"step_content", flow.text("step_content")},
                             {"continuation", flow.text("continuation")}}}};
  step.answer["next_steps"] = flow.text("finished");
  step.answer["expert_analysis"] = {{"status", "skipped_by_tool_design"},
                                    {"reason", "the plan is yours: no model is asked"}};
  step.said = step.answer["plan_summary"].get<std::string>();
  return {};
}

}  // namespace

const Registered<WorkflowHook> k_planner_hook{WorkflowHook{
    .id = "planner",
    .texts = {"think_first", "instructions", "completed_plans", "step_content", "continuation", "finished"},
    .check = check_planner,
    .pause = pause_planner,
    .complete = complete_planner}};

}  // namespace exai::tools
