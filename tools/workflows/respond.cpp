#include "core/text.hpp"
#include "tools/workflows/hook.hpp"
#include "tools/workflows/measures.hpp"
#include "tools/workflows/step.hpp"

#include <fmt/core.h>

namespace exai::tools {
namespace {

bool has(const std::vector<std::string>& list, const std::string& word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

bool fits_answer(const ActionRule& rule, const Step& step) {
  if (rule.step_from != 0 && step.number < rule.step_from) return false;
  if (rule.step_to != 0 && step.number > rule.step_to) return false;
  if (rule.total_from != 0 && step.total < rule.total_from) return false;
  if (!rule.confidence.empty() && !has(rule.confidence, step.confidence)) return false;
  if (rule.last && *rule.last != (step.number >= step.total)) return false;
  return std::all_of(rule.arguments.begin(), rule.arguments.end(),
                     [&](const auto& wanted) { return step.argument_text(wanted.first) == wanted.second; });
}

const ActionRule& rule_for(const Step& step) {
  const auto found = std::find_if(step.flow.actions.begin(), step.flow.actions.end(),
                                  [&](const ActionRule& rule) { return fits_answer(rule, step); });
  return found == step.flow.actions.end() ? step.flow.actions.back() : *found;
}

/// The next call's arguments as they would be accepted, with the places to fill in.
Json next_call(const Step& step) {
  const long long next = step.number + 1;
  const long long total = std::max(step.total, next);
  Json call = Json::object();
  call["tool"] = step.flow.name;
  Json& arguments = call["arguments"];
  arguments["step"] = fmt::format("<what you did for step {}>", next);
  arguments["step_number"] = next;
  arguments["total_steps"] = total;
  arguments["next_step_required"] = next < total;
  arguments["continuation_id"] = step.thread;
  if (step.flow.field("findings") != nullptr) arguments["findings"] = "<what you found, with evidence>";
  if (step.flow.field("confidence") != nullptr) arguments["confidence"] = step.confidence;
  if (!step.model.empty()) arguments["model"] = step.model;
  for (const WorkflowField& field : step.flow.fields)
    if (field.required && !arguments.contains(field.name)) arguments[field.name] = step.argument(field.name);
  return call;
}

void complete_skipped(Step& step) {
  Json& answer = step.answer;
  answer["status"] = step.flow.skipped;
  answer["skip_expert_analysis"] = true;
  answer["expert_analysis"] = {
      {"status", step.flow.skipped_expert},
      {"reason", fmt::format("your confidence is {}: nobody else was asked", step.confidence)}};
  answer["next_steps"] = step.flow.next_text("skipped", step.number);
  step.said =
      fmt::format("{} ended at confidence {}; no expert was asked.", step.flow.title, step.confidence);
}

void complete_local(Step& step) {
  step.answer["status"] = "local_work_complete";
  step.answer["next_steps"] = step.flow.next_text("local", step.number);
  step.said =
      fmt::format("{} ended after {} steps; no expert was asked.", step.flow.title, step.gathered.steps);
}

}  // namespace

void base_answer(Step& step) {
  Json& answer = step.answer;
  answer["step_number"] = step.number;
  answer["total_steps"] = step.total;
  answer["next_step_required"] = step.more;
  answer["continuation_id"] = step.thread;
  Json block = Json::object();
  for (const Counter& counter : step.flow.counters) block[counter.key] = measured(step, counter.measure);
  answer[step.flow.block_key] = std::move(block);
  if (step.early.empty()) return;
  answer["early_termination"] = true;
  answer["early_termination_reason"] = step.early;
}

Result<void> answer_pause(Step& step) {
  const ActionRule& rule = rule_for(step);
  const Workflow& flow = step.flow;
  Json& answer = step.answer;
  answer["status"] = rule.paused.empty() ? flow.paused : rule.paused;
  answer[flow.required_flag] = true;
  answer["required_actions"] = rule.actions;
  if (!rule.flag.empty()) answer[rule.flag] = true;
  if (!rule.list.empty()) answer[rule.list] = rule.actions;
  answer["next_steps"] = flow.next_text("pause", step.number + 1);
  answer["continuation_required"] = answer["continuation_available"] = true;
  answer["next_step_number"] = step.number + 1;
  answer["file_context"] = file_references(step);
  answer["next_call"] = next_call(step);
  step.said = fmt::format("Step {} of {} noted, {} to go.", step.number, step.total,
                          std::max(step.total - step.number, 1LL));
  if (flow.hook != nullptr && flow.hook->pause != nullptr) return flow.hook->pause(step);
  return {};
}

Json complete_block(const Step& step) {
  const Gathered& all = step.gathered;
  std::string summary =
      fmt::format("{}: {} steps, {} files looked at, {} that matter, {} issues", step.flow.title, all.steps,
                  all.files_checked.size(), all.relevant_files.size(), all.issues.size());
  for (const std::string& finding : all.findings) summary.append("\n").append(finding);
  return {{"initial_request", all.initial_request},   {"steps_taken", all.steps},
          {"files_examined", all.files_checked},      {"relevant_files", all.relevant_files},
          {"relevant_context", all.relevant_context}, {"issues_found", all.issues},
          {"work_summary", std::move(summary)},       {"final_analysis", step.findings},
          {"confidence_level", all.confidence}};
}

Result<void> answer_complete(Step& step) {
  const Workflow& flow = step.flow;
  Json& answer = step.answer;
  answer[flow.complete_flag] = true;
  if (flow.hook != nullptr && flow.hook->complete != nullptr) {
    answer["status"] = flow.complete;
    answer["file_context"] = file_references(step);
    return flow.hook->complete(step);
  }
  answer[flow.complete_key] = complete_block(step);
  if (const std::string& message = flow.text("completion_message"); !message.empty())
    answer[flow.complete_key]["completion_message"] = message;
  if (has(flow.expert->skip_at, step.confidence)) {
    answer["file_context"] = file_references(step);
    complete_skipped(step);
  } else if (wants_expert(step)) {
    return ask_expert(step);
  } else {
    answer["file_context"] = file_references(step);
    complete_local(step);
  }
  return {};
}

}  // namespace exai::tools
