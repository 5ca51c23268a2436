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

/// `path` as it stands in a setting: from `root`, unless it is absolute.
inline std::filesystem::path below(const std::filesystem::path& root, std::string_view path) {
  return root / path;
}

}  // namespace exai
