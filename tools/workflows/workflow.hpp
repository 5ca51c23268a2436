// A step-by-step tool as data: what tools/workflows/<tool>.yaml says, read and judged.
#pragma once

#include "core/json.hpp"
#include "core/node.hpp"
#include "core/result.hpp"
#include "tools/tool.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

struct WorkflowHook;

/// One argument. `schema` is its JSON schema.
struct WorkflowField {
  std::string name;
  Json schema;
  bool required = false;
  bool kept = false;                                        ///< step 1's value counts for the later steps too
  std::map<std::string, std::string, std::less<>> aliases;  ///< other words that mean one of the enum
  std::string assumed;             ///< what is taken when step 1 does not say; reported as a warning
  std::vector<std::string> known;  ///< of a list: other items are warned of
};

/// What step 1 must bring although the schema cannot ask for it in general.
struct FirstStepNeed {
  std::string field, message;
  std::string example;  ///< JSON of arguments that would do
};

/// A list of things to do before the next step. The first rule that fits counts; the last one always fits.
struct ActionRule {
  long long step_from = 0, step_to = 0;  ///< 0 = open
  long long total_from = 0;
  std::vector<std::string> confidence;
  std::optional<bool> last;  ///< the estimated last step
  std::map<std::string, std::string> arguments;
  std::string paused;  ///< another status than the workflow's; empty = that one
  std::string flag;    ///< further flag set to true, with the actions once more under `list`
  std::string list;
  Json actions;
};

/// A key of the status block and what it counts; see counted() in gathered.hpp.
struct Counter {
  std::string key, measure;
};

struct ExpertPlan {
  std::size_t from_files = 0, from_findings = 0, from_issues = 0;  ///< any one of them; 0 = does not count
  bool always = false;
  std::vector<std::string> skip_at;  ///< at these confidences nobody is asked
  std::string thinking;              ///< empty = setting expert.thinking_mode; "setting:KEY" = that one
  double temperature = 0.2;
  bool files_always = false;       ///< else setting expert.include_files decides
  bool thinkdeep_rules = false;    ///< THINKDEEP_* settings and the stretch of time by thinking mode
  std::vector<std::string> lifts;  ///< statuses of the answer that become the call's own
  std::map<std::string, std::string> notes;  ///< further words to the expert, by confidence
  std::string question;
};

struct Workflow {
  std::string name, title, description;
  bool read_only = true, destructive = false, idempotent = false, open_world = true;
  ToolTier tier = ToolTier::advanced;

  std::vector<WorkflowField> fields;  ///< in the order of the schema
  std::vector<FirstStepNeed> first_step;
  std::string schema;         ///< input schema, JSON text
  std::string system_prompt;  ///< shared part and its own

  std::string in_progress, paused, required_flag, complete, complete_flag, skipped, skipped_expert;
  std::string block_key, complete_key;
  std::vector<Counter> counters;
  std::vector<ActionRule> actions;
  std::map<std::string, std::string, std::less<>> next_steps;  ///< pause, skipped, expert, local
  std::map<std::string, std::string, std::less<>> texts;       ///< what its hook says
  std::optional<ExpertPlan> expert;
  const WorkflowHook* hook = nullptr;

  [[nodiscard]] const WorkflowField* field(std::string_view wanted) const;
  [[nodiscard]] const std::string& text(std::string_view wanted) const;
  /// The text of next_steps with {next_step} filled in; empty when there is none.
  [[nodiscard]] std::string next_text(std::string_view which, long long next_step) const;
};

/// Reads and judges one document. Errors are `config` with file, line and the way out. `prompt` is the text
/// of the .md beside it.
Result<Workflow> read_workflow(const Node& document, std::string prompt);

/// The common fields by name, in the order of the table; nullptr when unknown.
const Json* common_field(std::string_view name);
std::vector<std::string> common_field_names();
/// Puts the schema's text together.
std::string workflow_schema(const Workflow& flow);

/// A workflow's two files.
struct WorkflowSource {
  std::string name, file;  ///< "debug", "/etc/exai/workflows/debug.yaml"
  Node document;           ///< the .yaml
  std::string prompt;      ///< the .md
};
Result<std::vector<WorkflowSource>> embedded_workflows();
/// The *.yaml of a folder with the .md beside each, sorted; `missing_input` when a file cannot be read,
/// `config` when a .md is missing.
Result<std::vector<WorkflowSource>> workflows_in(const std::filesystem::path& folder);
Result<WorkflowSource> workflow_file(const std::filesystem::path& file);
Result<std::shared_ptr<const Workflow>> load_workflow(const WorkflowSource& source);

/// The embedded workflows and those of `folder` (empty = none), which replace the embedded ones of the same
/// name. Each tool keeps its workflow alive.
Result<ToolList> load_workflow_tools(const std::filesystem::path& folder);
/// The tool of one workflow.
std::shared_ptr<const Tool> workflow_tool(std::shared_ptr<const Workflow> flow);

}  // namespace exai::tools
