// Finds and reads the sources of the configuration and hands them to core/config.
#pragma once

#include "core/config.hpp"
#include "core/result.hpp"

#include <filesystem>
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
};

struct LoadedConfig {
  Config config = Config::defaults();
  std::vector<Finding> findings;              ///< of all sources, in order
  std::filesystem::path root;                 ///< base of relative paths
  std::optional<std::filesystem::path> file;  ///< the exai.yaml read, if any
  std::vector<std::filesystem::path> env_files;
  std::string profile;
};

/// Precedence: flag > process environment > env files > exai.yaml profile > exai.yaml > default. Without
/// --env-file, `.env` of the root is read when it exists. Root: --root, EXAI_ROOT, or the nearest folder
/// upwards that has exai.yaml or .env, else the current folder. exai.yaml: --config, EXAI_CONFIG,
/// <root>/exai.yaml, XDG_CONFIG_HOME/exai/exai.yaml, /etc/exai/exai.yaml; the first found only. A file that
/// was named and cannot be read is `missing_input`; what stands wrong in a file is a finding.
Result<LoadedConfig> load_config(const ConfigRequest& request);

/// The layers of one env file or one YAML file alone, for `validate env FILE` and `validate config FILE`.
Result<std::vector<ConfigLayer>> read_env_layer(const std::filesystem::path& path,
                                                std::vector<Finding>& findings);

}  // namespace exai::io
