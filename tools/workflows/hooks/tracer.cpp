#include "tools/workflows/hook.hpp"

namespace exai::tools {
namespace {

/// What was chosen in step 1 stays, but an open choice may be made later.
Result<void> remember_tracer(Step& step, Json& state) {
  Json& kept = state["kept"];
  const std::string now = step.arguments.value("trace_mode", "ask");
  if (kept.value("trace_mode", "ask") == "ask" && now != "ask") kept["trace_mode"] = now;
  step.kept = kept;
  return {};
}

void add_metadata(Step& step) {
  step.metadata["trace_mode"] = step.argument_text("trace_mode");
  step.metadata["target_description"] = step.argument_text("target_description");
}

Result<void> pause_tracer(Step& step) {
  add_metadata(step);
  if (step.argument_text("trace_mode") == "ask") step.answer["next_steps"] = step.flow.text("choose");
  return {};
}

Result<void> complete_tracer(Step& step) {
  add_metadata(step);
  const Workflow& flow = step.flow;
  const std::string mode = step.argument_text("trace_mode");
  if (mode == "ask") {
    step.answer["status"] = "mode_selection_required";
    step.answer["mode_selection_required"] = true;
    step.answer.erase(flow.complete_flag);
    step.answer["next_steps"] = flow.text("choose");
    return {};
  }
  const bool precision = mode == "precision";
  step.answer[flow.complete_key] = complete_block(step);
  step.answer["trace_summary"] = "Trace complete: " + step.argument_text("target_description");
  step.answer["output"] = {
      {"instructions", flow.text("instructions")},
      {"format", precision ? "precision_trace_analysis" : "dependencies_trace_analysis"},
      {"rendering_instructions", flow.text(precision ? "render_precision" : "render_dependencies")},
      {"presentation_guidelines", flow.text("presentation")}};
  step.answer["next_steps"] = flow.text("finished");
  step.answer["expert_analysis"] = {{"status", "skipped_by_tool_design"},
                                    {"reason", "a trace is read from the code: no model is asked"}};
  step.said = step.answer["trace_summary"].get<std::string>();
  return {};
}

}  // namespace

const Registered<WorkflowHook> k_tracer_hook{
    WorkflowHook{.id = "tracer",
                 .texts = {"choose", "instructions", "render_precision", "render_dependencies",
                           "presentation", "finished"},
                 .remember = remember_tracer,
                 .pause = pause_tracer,
                 .complete = complete_tracer}};

}  // namespace exai::tools
