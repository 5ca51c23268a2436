#include "core/packed.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"
#include "tools/workflows/step.hpp"
#include "tools/workflows/workflow.hpp"

#include <fmt/core.h>

namespace exai::embedded {
const std::vector<std::pair<std::string_view, std::string_view>>& workflow_prompts();
}  // namespace exai::embedded
namespace exai::packed {
const std::vector<std::pair<std::string_view, std::string_view>>& workflows();
}  // namespace exai::packed

namespace exai::tools {
namespace {

constexpr std::uint64_t k_workflow_bytes = std::uint64_t{1} << 20U;

std::string_view workflow_prompt(std::string_view name) {
  for (const auto& [known, text] : embedded::workflow_prompts())
    if (known == name) return text;
  return {};
}

/// A tool record and what it points to.
struct WorkflowTool {
  std::shared_ptr<const Workflow> flow;
  Tool tool;
};

}  // namespace

Result<std::vector<WorkflowSource>> embedded_workflows() {
  std::vector<WorkflowSource> sources;
  for (const auto& [path, text] : packed::workflows()) {
    const std::string file(path);
    const std::string name = std::filesystem::path(file).stem().string();
    Result<Node> document = unpack(text, file);
    if (!document) return fail(document.error());
    sources.push_back({name, file, std::move(*document), std::string(workflow_prompt(name))});
  }
  return sources;
}

Result<WorkflowSource> workflow_file(const std::filesystem::path& file) {
  WorkflowSource source{file.stem().string(), file.string(), {}, {}};
  const Result<std::string> yaml = io::read_file(file, k_workflow_bytes);
  if (!yaml) return fail(yaml.error());
  Result<Node> document = io::parse_yaml(*yaml, source.file);
  if (!document) return fail(document.error());
  source.document = std::move(*document);
  std::filesystem::path prompt_file = file;
  prompt_file.replace_extension(".md");
  Result<std::string> prompt = io::read_file(prompt_file, k_workflow_bytes);
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
  const std::string_view common = workflow_prompt("common");
  Result<Workflow> flow = read_workflow(source.document, fmt::format("{}\n{}", common, source.prompt));
  if (!flow) return fail(flow.error());
  if (flow->name != source.name)
    return fail(make_error(ErrorKind::config,
                           fmt::format("the file {} holds the workflow '{}'", source.file, flow->name),
                           "name and file must be the same")
                    .at({source.file, 1, 0}));
  return std::make_shared<const Workflow>(std::move(*flow));
}

std::shared_ptr<const Tool> workflow_tool(std::shared_ptr<const Workflow> flow) {
  const auto kept = std::make_shared<WorkflowTool>();
  kept->flow = std::move(flow);
  const Workflow& data = *kept->flow;
  Tool& tool = kept->tool;
  tool.id = data.name;
  tool.title = data.title;
  tool.description = data.description;
  tool.input_schema = data.schema;
  tool.output_schema = embedded_schema("workflow.output");
  tool.workflow = true;
  tool.read_only = data.read_only;
  tool.destructive = data.destructive;
  tool.idempotent = data.idempotent;
  tool.open_world = data.open_world;
  tool.budget = timeouts::Layer::workflow;
  tool.tier = data.tier;
  tool.run = [&data](const Json& arguments, engine::CallContext& context) {
    return run_workflow(data, arguments, context);
  };
  tool.quick = [&data](const Json& arguments, const engine::ConversationMemory& memory) {
    return needs_nobody(data, arguments) && memory.is_quick(thread_of(arguments));
  };
  return {kept, &kept->tool};
}

Result<ToolList> load_workflow_tools(const std::filesystem::path& folder) {
  std::map<std::string, std::shared_ptr<const Tool>> by_name;
  Result<std::vector<WorkflowSource>> sources = embedded_workflows();
  if (!sources) return fail(sources.error());
  if (!folder.empty()) {
    Result<std::vector<WorkflowSource>> own = workflows_in(folder);
    if (!own) return fail(own.error());
    sources->insert(sources->end(), std::make_move_iterator(own->begin()),
                    std::make_move_iterator(own->end()));
  }
  for (const WorkflowSource& source : *sources) {
    Result<std::shared_ptr<const Workflow>> flow = load_workflow(source);
    if (!flow) return fail(flow.error());
    by_name[source.name] = workflow_tool(std::move(*flow));
  }
  ToolList tools;
  for (auto& [name, tool] : by_name) tools.push_back(std::move(tool));
  return tools;
}

}  // namespace exai::tools
