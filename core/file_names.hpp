// Names of the files of a deployment, and where a path in a setting leads.
#pragma once

#include <filesystem>
#include <string_view>

namespace exai {

// In log.dir.
inline constexpr std::string_view k_server_log_file = "mcp_server.log";
inline constexpr std::string_view k_activity_log_file = "mcp_activity.log";
inline constexpr std::string_view k_exai_ws_health_file = "ws_daemon.health.json";
// In server.state_dir.
inline constexpr std::string_view k_database_file = "exai.db";
inline constexpr std::string_view k_lock_file = "exai.lock";
inline constexpr std::string_view k_spool_folder = "spool";

/// `path` as it stands in a setting: from `root`, unless it is absolute.
inline std::filesystem::path below(const std::filesystem::path& root, std::string_view path) {
  return root / path;
}

/// The folder that a path is in: "." for a bare name.
inline std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace exai
