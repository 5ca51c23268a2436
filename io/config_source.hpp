// Finds and reads the sources of the configuration and hands them to core/config.
#pragma once

#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace exai::io {

struct ConfigRequest {
  std::optional<std::string> config_file;  ///< --config; "none" disables the YAML file
  std::vector<std::string> env_files;      ///< --env-file, later wins; "-" is standard input
  std::optional<std::string> root;         ///< --root
  std::optional<std::string> profile;      ///< --profile
  std::vector<RawSetting> flags;           ///< settings given as flags, by key
  bool environment = true;                 ///< whether the process environment counts
  Deadline deadline = Deadline::after(std::chrono::seconds(30));  ///< for pipes
  /// What pipes said when they were read first: nobody can read them twice. A reload hands it back.
  std::map<std::string, std::string> streams;
};

struct LoadedConfig {
  Config config = Config::defaults();
  std::vector<Finding> findings;              ///< of all sources, in order
  std::filesystem::path root;                 ///< base of relative paths
  std::optional<std::filesystem::path> file;  ///< the exai.yaml read, if any
  std::vector<std::filesystem::path> env_files;
  std::string profile;
  std::map<std::string, std::string> streams;  ///< contents of env files that were pipes
};

/// In a path "~" and "~/x" mean the home folder of HOME. A folder named .env (Python's) is not an env file.
/// Precedence: flag > process environment > env files > exai.yaml profile > exai.yaml > default. Without
/// --env-file, `.env` of the root is read when it exists. Root: --root, EXAI_ROOT, or the nearest folder
/// upwards that has exai.yaml or .env, else the current folder. exai.yaml: --config, EXAI_CONFIG,
/// <root>/exai.yaml, XDG_CONFIG_HOME/exai/exai.yaml, /etc/exai/exai.yaml; the first found only. A file that
/// was named and cannot be read is `missing_input`; what stands wrong in a file is a finding.
Result<LoadedConfig> load_config(const ConfigRequest& request);

}  // namespace exai::io
