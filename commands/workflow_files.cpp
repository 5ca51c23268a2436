#include "commands/workflow_files.hpp"

#include "core/file_names.hpp"
#include "tools/workflows/workflow.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

CheckResult begin(const std::string& name) {
  CheckResult result = result_of("workflow." + name, "the workflow can be offered", Status::pass, "");
  result.group = "workflows";
  return result;
}

CheckResult broken(const std::string& name, const std::string& file, const Error& error) {
  CheckResult result = begin(name);
  Finding finding;
  finding.rule = "workflow.format";
  finding.message = error.message;
  finding.where = error.where ? error.where : Location{file, 0, 0};
  finding.hint = error.hint;
  result.findings.push_back(std::move(finding));
  result.status = Status::fail;
  result.cause = Cause::config;
  result.summary = fmt::format("{} cannot be offered", file);
  return result;
}

CheckResult judge_workflow_files(const tools::WorkflowSource& source) {
  return timed(system_clock(), [&] {
    const auto flow = tools::load_workflow(source);
    if (!flow) return broken(source.name, source.file, flow.error());
    CheckResult result = begin(source.name);
    result.summary = fmt::format("{}, {} fields, {} rules", (*flow)->title, (*flow)->fields.size(),
                                 (*flow)->actions.size());
    return result;
  });
}

CheckResult unreadable(const std::string& name, const Error& error) {
  if (error.kind == ErrorKind::config) return broken(name, error.where ? error.where->file : name, error);
  CheckResult result = check_unknown(error);
  result.started = system_clock().wall();
  result.id = "workflow." + name;
  return result;
}

void judge_folder(const std::filesystem::path& folder, std::vector<CheckResult>& results) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored))
    return results.push_back(
        unreadable(folder.filename().string(),
                   make_error(ErrorKind::missing_input, fmt::format("there is no folder {}", folder.string()),
                              "correct EXAI_WORKFLOWS_DIR, or name a file")));
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, ignored))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    const auto source = tools::workflow_file(file);
    results.push_back(source ? judge_workflow_files(*source)
                             : unreadable(file.stem().string(), source.error()));
  }
}

}  // namespace

std::vector<CheckResult> validate_workflows(const std::vector<std::string>& names, const Context& context) {
  std::vector<CheckResult> results;
  if (names.empty()) {
    const auto sources = tools::embedded_workflows();
    if (!sources) results.push_back(unreadable("embedded", sources.error()));
    if (sources)
      for (const tools::WorkflowSource& source : *sources) results.push_back(judge_workflow_files(source));
    if (const std::string& folder = context.config.text("workflows.dir"); !folder.empty())
      judge_folder(below(context.root, folder), results);
  }
  for (const std::string& name : names) {
    std::error_code ignored;
    const std::filesystem::path path(name);
    if (std::filesystem::is_directory(path, ignored)) {
      judge_folder(path, results);
      continue;
    }
    const auto source = tools::workflow_file(path);
    results.push_back(source ? judge_workflow_files(*source)
                             : unreadable(path.stem().string(), source.error()));
  }
  return results;
}

}  // namespace exai::commands
