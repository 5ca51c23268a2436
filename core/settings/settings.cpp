#include "core/settings.hpp"

#include "core/settings/groups.hpp"

#include <vector>

namespace exai {
namespace {

using enum SettingType;

// Names that the original's documents carry and that turn nothing here.
constexpr RetiredName k_retired[] = {
    {"ROUTER_ENABLED", "the original never read it"},
    {"SUPABASE_JWT_SECRET", "the original never read it"},
    {"KIMI_SUPABASE_TIMEOUT", "the original never read it"},
    {"FILE_UPLOAD_MAX_SIZE", "the original never read it"},
    {"CIRCUIT_BREAKER_FAILURE_THRESHOLD", "the original never read it"},
    {"CIRCUIT_BREAKER_RECOVERY_TIMEOUT_SECS", "the original never read it"},
    {"FALLBACK_TO_WEBSOCKET", "the original never read it"},
    {"KIMI_FILES_FETCH_TIMEOUT_SECS", "the original never read it"},
    {"KIMI_FILES_FETCH_RETRIES", "the original never read it"},
    {"KIMI_FILES_FETCH_BACKOFF", "the original never read it"},
    {"KIMI_FILES_FETCH_INITIAL_DELAY", "the original never read it"},
    {"KIMI_MF_CHAT_TIMEOUT_SECS", "the original never read it"},
    {"KIMI_THINKING_MODEL", "the original never read it"},
    {"MESSAGE_BUS_ENABLED", "the feature was removed from the original"},
    {"MESSAGE_BUS_TTL_HOURS", "the feature was removed from the original"},
    {"MESSAGE_BUS_MAX_PAYLOAD_MB", "the feature was removed from the original"},
    {"MESSAGE_BUS_COMPRESSION", "the feature was removed from the original"},
    {"MESSAGE_BUS_CHECKSUM_ENABLED", "the feature was removed from the original"},
    {"METRICS_JSON_PORT", "the original never read it; metrics are at /metrics of http.port"},
    {"ENVIRONMENT", "the original never read it"},
    {"EXAI_SEMAPHORE_HEALTH_CHECK_INTERVAL", "permits are returned by scope and need no repair task"},
    {"EXAI_HEALTH_WRITER_SESSION_LOCK_TIMEOUT", "sessions are not locked"},
    {"EXAI_WS_AUTOSTART", "the shim starts no daemon; exai serve or its service does"},
    {"EXAI_WS_SKIP_HEALTH_CHECK", "the shim asks the daemon itself, not a health file"},
    {"KIMI_FILES_PARALLEL_UPLOADS", "KIMI_FILES_MAX_PARALLEL says how many; 1 sends one after the other"},
    {"FILECACHE_PATH", "what was sent to providers is kept in the database of EXAI_STATE_DIR"},
    {"FILECACHE_ENABLED", "FILECACHE_TTL_SECS=0 sends every file anew"},
    {"ACTIVITY_SINCE_UNTIL_ENABLED", "the tool activity always takes since and until"},
    {"ACTIVITY_STRUCTURED_OUTPUT_ENABLED", "the tool activity always takes structured"},
    {"SECURE_INPUTS_ENFORCED", "files outside of EXAI_WORKSPACE_ROOTS are always refused"},
    {"EX_ALLOW_EXTERNAL_PATHS", "EXAI_WORKSPACE_ROOTS names every folder that is allowed"},
    {"EXAI_WS_PING_VALIDATION_TIMEOUT", "ws.ping_interval and ws.ping_timeout find a dead connection"},
};

}  // namespace

// Names, aliases and defaults are those of the EX-AI server, whose env files go on working. The first name of
// `env` is canonical. Base timeouts are its maintenance document's (60/300/180, HTTP 300): its deployment
// guide's own 30/45/60 break the rule expert < workflow that the other's validator warns about.
std::span<const Setting> settings() {
  static const std::vector<Setting> k_all = [] {
    using namespace setting_groups;
    std::vector<Setting> all;
    for (const std::span<const Setting> group :
         {k_server, k_access, k_limits, k_daemon, k_timeouts, k_providers, k_reliability, k_budget, k_models,
          k_conversations, k_provider_files, k_web_search, k_tools, k_workflows, k_logs, k_deployment})
      all.insert(all.end(), group.begin(), group.end());
    return all;
  }();
  return k_all;
}

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : settings())
    if (setting.key == key) return &setting;
  return nullptr;
}

std::string_view setting_name(std::string_view key) {
  const Setting* setting = find_setting(key);
  return setting != nullptr ? setting->canonical_env() : key;
}

const Setting* find_setting_by_env(std::string_view env) {
  if (env.empty()) return nullptr;
  for (const Setting& setting : settings())
    for (std::string_view name : setting.env)
      if (name == env) return &setting;
  return nullptr;
}

const RetiredName* find_retired(std::string_view env) {
  for (const RetiredName& retired : k_retired)
    if (retired.name == env) return &retired;
  return nullptr;
}

std::string_view to_string(SettingType type) {
  switch (type) {
    case text:
      return "text";
    case boolean:
      return "true or false";
    case integer:
      return "whole number";
    case duration:
      return "duration";
    case bytes:
      return "size in bytes";
    case port:
      return "port 0..65535";
    case host:
      return "address or host name";
    case url:
      return "URL";
    case path:
      return "path";
    case list:
      return "comma-separated list";
    case choice:
      return "one of the choices";
  }
  return "text";
}

}  // namespace exai
