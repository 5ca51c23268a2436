#include "tools/workflows/hook.hpp"

#include <array>

namespace exai::tools {
namespace workflow_hooks {
namespace {

const std::array<const WorkflowHook*, 6>& all() {
  static const std::array<const WorkflowHook*, 6> k_all{&k_analyze_hook, &k_consensus_hook, &k_docgen_hook,
                                                        &k_planner_hook, &k_precommit_hook, &k_tracer_hook};
  return k_all;
}

}  // namespace
}  // namespace workflow_hooks

const WorkflowHook* find_hook(std::string_view name) {
  for (const WorkflowHook* hook : workflow_hooks::all())
    if (hook->name == name) return hook;
  return nullptr;
}

std::vector<std::string> hook_names() {
  std::vector<std::string> names;
  for (const WorkflowHook* hook : workflow_hooks::all()) names.emplace_back(hook->name);
  return names;
}

}  // namespace exai::tools
