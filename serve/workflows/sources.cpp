#include "io/files.hpp"
#include "io/yaml.hpp"
#include "serve/workflows/step.hpp"
#include "serve/workflows/workflow.hpp"

#include <future>

#include <fmt/core.h>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& workflows();
const std::vector<std::pair<std::string_view, std::string_view>>& workflow_prompts();
}  // namespace exai::embedded

namespace exai::serve {
namespace workflow_sources {
namespace {

constexpr std::uint64_t k_most_bytes = std::uint64_t{1} << 20U;

constexpr std::string_view k_output = R"({
  "type": "object",
  "required": ["status", "step_number", "total_steps", "next_step_required", "continuation_id", "metadata"],
  "properties": {
    "status": {"type": "string"},
    "step_number": {"type": "integer"},
    "total_steps": {"type": "integer"},
    "next_step_required": {"type": "boolean"},
    "continuation_id": {"type": "string"},
    "required_actions": {"type": "array", "items": {"type": "string"}},
    "next_steps": {"type": "string"},
    "next_call": {"type": "object"},
    "expert_analysis": {"type": "object"},
    "metadata": {"type": "object"}
  }
})";

std::string_view embedded_prompt(std::string_view name) {
  for (const auto& [known, text] : embedded::workflow_prompts())
    if (known == name) return text;
  return {};
}

/// A tool record and what it points to.
struct Kept {
  std::shared_ptr<const Workflow> flow;
  Tool tool;
};

}  // namespace
}  // namespace workflow_sources

std::vector<WorkflowSource> embedded_workflows() {
  std::vector<WorkflowSource> sources;
  for (const auto& [name, text] : embedded::workflows())
    sources.push_back({std::string(name), fmt::format("serve/workflows/{}.yaml", name), std::string(text),
                       std::string(workflow_sources::embedded_prompt(name))});
  return sources;
}

Result<WorkflowSource> workflow_file(const std::filesystem::path& file) {
  WorkflowSource source{file.stem().string(), file.string(), {}, {}};
  Result<std::string> yaml = io::read_file(file, workflow_sources::k_most_bytes);
  if (!yaml) return fail(yaml.error());
  source.yaml = std::move(*yaml);
  std::filesystem::path prompt_file = file;
  prompt_file.replace_extension(".md");
  Result<std::string> prompt = io::read_file(prompt_file, workflow_sources::k_most_bytes);
  if (!prompt)
    return fail(make_error(ErrorKind::config,
                           fmt::format("the workflow {} has no system prompt: {}", file.string(),
                                       prompt.error().message),
                           fmt::format("write it to {}", prompt_file.string()))
                    .at({file.string(), 0, 0}));
  source.prompt = std::move(*prompt);
  return source;
}

Result<std::vector<WorkflowSource>> workflows_in(const std::filesystem::path& folder) {
  const Result<std::vector<io::FileFacts>> files = io::list_files(folder);
  if (!files) return fail(Error(files.error()).try_this("correct EXAI_WORKFLOWS_DIR or --workflows"));
  std::vector<std::filesystem::path> paths;
  for (const io::FileFacts& file : *files)
    if (file.path.extension() == ".yaml") paths.push_back(file.path);
  std::sort(paths.begin(), paths.end());
  std::vector<WorkflowSource> sources;
  for (const std::filesystem::path& path : paths) {
    Result<WorkflowSource> source = workflow_file(path);
    if (!source) return fail(source.error());
    sources.push_back(std::move(*source));
  }
  return sources;
}

Result<std::shared_ptr<const Workflow>> load_workflow(const WorkflowSource& source) {
  const Result<Node> document = io::parse_yaml(source.yaml, source.file);
  if (!document) return fail(document.error());
  const std::string_view common = workflow_sources::embedded_prompt("common");
  Result<Workflow> flow = read_workflow(*document, fmt::format("{}\n{}", common, source.prompt));
  if (!flow) return fail(flow.error());
  if (flow->name != source.name)
    return fail(make_error(ErrorKind::config,
                           fmt::format("the file {} holds the workflow '{}'", source.file, flow->name),
                           "name and file must be the same")
                    .at({source.file, 1, 0}));
  return std::make_shared<const Workflow>(std::move(*flow));
}

std::shared_ptr<const Tool> workflow_tool(std::shared_ptr<const Workflow> flow) {
  const auto kept = std::make_shared<workflow_sources::Kept>();
  kept->flow = std::move(flow);
  const Workflow& data = *kept->flow;
  Tool& tool = kept->tool;
  tool.id = data.name;
  tool.title = data.title;
  tool.description = data.description;
  tool.input_schema = data.schema;
  tool.output_schema = workflow_sources::k_output;
  tool.read_only = data.read_only;
  tool.destructive = data.destructive;
  tool.idempotent = data.idempotent;
  tool.open_world = data.open_world;
  tool.budget = timeouts::Layer::workflow;
  tool.tier = data.tier;
  tool.run = [&data](const Json& arguments, CallContext& context) {
    return run_workflow(data, arguments, context);
  };
  tool.quick = [&data](const Json& arguments, const Memory& memory) {
    return needs_nobody(data, arguments) && memory.at_hand(thread_of(arguments));
  };
  return {kept, &kept->tool};
}

Result<ToolList> load_workflow_tools(const std::filesystem::path& folder) {
  std::map<std::string, std::shared_ptr<const Tool>> by_name;
  std::vector<WorkflowSource> sources = embedded_workflows();
  if (!folder.empty()) {
    Result<std::vector<WorkflowSource>> own = workflows_in(folder);
    if (!own) return fail(own.error());
    sources.insert(sources.end(), std::make_move_iterator(own->begin()), std::make_move_iterator(own->end()));
  }
  // Reading YAML is most of what a server's start costs, and no file needs another: two halves at once.
  const auto load = [&sources](std::size_t from, std::size_t to) {
    std::vector<Result<std::shared_ptr<const Workflow>>> flows;
    for (std::size_t i = from; i < to; ++i) flows.push_back(load_workflow(sources[i]));
    return flows;
  };
  const std::size_t half = sources.size() / 2;
  auto rest = std::async(std::launch::async, load, half, sources.size());
  auto flows = load(0, half);
  for (auto& flow : rest.get()) flows.push_back(std::move(flow));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!flows[i]) return fail(flows[i].error());
    by_name[sources[i].name] = workflow_tool(std::move(*flows[i]));
  }
  ToolList tools;
  for (auto& [name, tool] : by_name) tools.push_back(std::move(tool));
  return tools;
}

}  // namespace exai::serve
