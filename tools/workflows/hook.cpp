#include "tools/workflows/hook.hpp"

namespace exai::tools {

const WorkflowHook* find_hook(std::string_view name) {
  return Registered<WorkflowHook>::find(name);
}

std::vector<std::string> hook_names() {
  std::vector<std::string> names;
  for (const WorkflowHook* hook : Registered<WorkflowHook>::all()) names.emplace_back(hook->id);
  return names;
}

}  // namespace exai::tools
