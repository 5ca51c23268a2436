#include "tools/workflows/hook.hpp"
#include "tools/workflows/hooks/git.hpp"

namespace exai::tools {
namespace {

constexpr Millis k_analyze_patience{5000};
constexpr std::size_t k_max_changed = 50;

Result<void> check_analyze(Step& step) {
  if (step.number != 1 || !step.relevant_files.empty() || !step.thread.empty()) return {};
  if (step.context.config().boolean("workflows.analyze_default_root")) return {};
  return fail(ErrorKind::invalid,
              "step 1 of analyze needs 'relevant_files': the whole workspace is not allowed",
              R"(for example: {"relevant_files": ["/srv/shop/src"]})");
}

/// Nobody named files until the end: what changed in the workspace, or else all of it.
Result<void> look_around_analyze(Step& step) {
  if (step.more || !step.gathered.relevant_files.empty()) return {};
  const std::vector<std::filesystem::path>& roots = step.context.workspace().roots();
  if (roots.empty()) return {};
  const Deadline deadline = step.context.deadline().within(k_analyze_patience, step.context.clock());
  const Result<std::vector<std::string>> changed = changed_files(roots.front(), k_max_changed, deadline);
  std::vector<std::string>& files = step.gathered.relevant_files;
  if (changed)
    for (const std::string& path : *changed) files.push_back((roots.front() / path).string());
  if (files.empty() && step.context.config().boolean("workflows.analyze_default_root"))
    files.push_back(roots.front().string());
  step.metadata["default_files"] = files;
  return {};
}

}  // namespace

const Registered<WorkflowHook> k_analyze_hook{
    WorkflowHook{.id = "analyze", .check = check_analyze, .look = look_around_analyze}};

}  // namespace exai::tools
