// One call of a workflow, from its arguments to its answer.
#pragma once

#include "engine/context.hpp"
#include "tools/workflows/gathered.hpp"
#include "tools/workflows/workflow.hpp"

#include <optional>
#include <string>
#include <vector>

namespace exai::tools {

struct Step {
  Step(const Workflow& what, engine::CallContext& world, const Json& given)
      : flow(what), context(world), arguments(given) {}
  const Workflow& flow;
  engine::CallContext& context;
  const Json& arguments;
  const engine::ConversationRules rules = engine::memory_rules(context.config());

  std::string text, findings, confidence = "low", hypothesis, model, thinking_mode;
  long long number = 1, total = 1, backtrack = 0;
  bool more = false;  ///< next_step_required
  std::vector<std::string> files_checked, relevant_files, relevant_context, images;
  Json issues = Json::array();

  std::string thread;           ///< continuation_id
  bool fresh = false;           ///< the thread begins with this step
  Json kept;                    ///< arguments of step 1 that count for all steps
  Json extra = Json::object();  ///< what a hook wants written down with the step
  Gathered gathered;            ///< of all steps, this one included
  std::string facts;            ///< what a hook found out for the expert
  std::string early;            ///< why the work ends before its last step; empty = it does not

  // What becomes of it.
  Json answer = Json::object();
  Json metadata = Json::object();
  std::string said;  ///< kept in the conversation as the answer
  std::optional<models::Reply> reply;

  /// The argument of this call or, for kept ones, of step 1; null when absent.
  [[nodiscard]] const Json& argument(const std::string& name) const;
  [[nodiscard]] std::string argument_text(const std::string& name) const;
  [[nodiscard]] std::vector<std::string> argument_texts(const std::string& name) const;
};

/// Reads and judges the arguments, which fit the schema.
Result<void> read_step(Step& step);
/// The continuation_id; empty = a new thread.
std::string thread_of(const Json& arguments);
/// True when the step asks no model, reads no file and starts no process, whatever the thread knows: it is
/// not the last one and its confidence does not end the work early, or nobody is asked at the end either.
bool needs_nobody(const Workflow& flow, const Json& arguments);
/// Writes the step into the thread's state and gathers what all steps found.
Result<void> record_step(Step& step);
/// The whole call.
Result<engine::CallAnswer> run_workflow(const Workflow& flow, const Json& arguments,
                                        engine::CallContext& context);

/// Status, counters, ids: what every answer begins with.
void base_answer(Step& step);
/// A step that is not the last one: what to do next and how to call again.
Result<void> answer_pause(Step& step);
/// The last one.
Result<void> answer_complete(Step& step);
/// What all steps found, for the answer of the last one.
Json complete_block(const Step& step);
/// The answer as a tool's output, with metadata; keeps the turn in the thread.
Result<engine::CallAnswer> finish(Step& step);
/// Calls that would be refused for the thread's length, before a model is paid.
Result<void> check_turns(const Step& step);

/// True when the expert is to be asked: argument, settings, evidence.
bool wants_expert(const Step& step);
/// Asks and puts `expert_analysis` into the answer. An Error only when the call itself ends (cancelled, or a
/// model that does not exist).
Result<void> ask_expert(Step& step);

/// Contents of the files that matter, and what became of each.
struct StepFiles {
  std::string text;
  Json context;  ///< file_context of the answer
  std::vector<std::string> hashes;
  long long tokens = 0;
};
StepFiles inline_files(const Step& step, long long tokens);
/// file_context of a step that only names files.
Json file_references(const Step& step);

}  // namespace exai::tools
