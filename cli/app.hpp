// The command line from argv to exit code.
#pragma once

#include "cli/command.hpp"
#include "core/registry.hpp"

#include <filesystem>
#include <string_view>

namespace exai::cli {

/// The configuration as it was found, with its sources.
struct Loaded {
  Config config = Config::defaults();
  std::vector<Finding> findings;
  std::filesystem::path root;
  std::optional<std::filesystem::path> file;
  std::vector<std::filesystem::path> env_files;
  std::string profile;
  std::map<std::string, std::string> streams;  ///< what pipes among the env files said, for loading again
};

/// What this folder needs from folders that it may not include. Exactly one such record is registered
/// (commands/hooks.cpp).
struct AppHooks {
  std::string_view id;
  /// `before`, when there is one, is what was loaded first from the same sources.
  Result<Loaded> (*load)(const Globals&, const FlagSettings&, const Loaded* before) = nullptr;
  Result<void> (*write_file)(const std::filesystem::path&, std::string_view content, Deadline) = nullptr;
  /// Saves the outcome's report in the store; a run that cannot be saved gets a result that says so.
  void (*save)(Outcome&, const Context&) = nullptr;
  void (*set_dry_run)(bool) = nullptr;
  [[nodiscard]] std::string_view name() const { return id; }
};
const AppHooks& hooks();

/// Parses, loads the configuration, runs the command, writes the outcome. Never throws.
int run(int argc, char** argv);
}  // namespace exai::cli
