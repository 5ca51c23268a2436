// What a few workflows do beyond their data, as named functions.
#pragma once

#include "core/registry.hpp"
#include "tools/workflows/step.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace exai::tools {

/// Registered by its file in hooks/. Every function may be null.
struct WorkflowHook {
  std::string_view id{};                  ///< what a workflow's `hook` names
  std::vector<std::string_view> texts{};  ///< what the workflow's `texts` must have
  /// Judges and completes the arguments before anything is remembered.
  Result<void> (*check)(Step& step) = nullptr;
  /// Looks at what the thread knows, under its lock, before the step is written down. Must not block.
  Result<void> (*remember)(Step& step, Json& state) = nullptr;
  /// Adds to the answer of a step that is not the last one.
  Result<void> (*pause)(Step& step) = nullptr;
  /// Answers the last step of a workflow that asks no expert.
  Result<void> (*complete)(Step& step) = nullptr;
  /// Further facts for the expert and for step 1's answer; may ask other processes.
  Result<void> (*look)(Step& step) = nullptr;
  /// Carries the whole step out instead of the engine, after it was written down.
  Result<engine::CallAnswer> (*instead)(Step& step) = nullptr;

  [[nodiscard]] std::string_view name() const { return id; }
};

const WorkflowHook* find_hook(std::string_view name);
std::vector<std::string> hook_names();

}  // namespace exai::tools
