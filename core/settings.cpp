#include "core/settings.hpp"

namespace exai {
namespace {

using enum SettingType;

// Names, aliases and defaults follow facts/ex_ai_server 6, facts/ex_ai_operations 6 and the two seeds. The first name of
// `env` is canonical. Base timeouts are the runbook guide's (60/300/180, HTTP 300): the deployment guide's own 30/45/60 break
// the rule expert < workflow that the runbook's validator warns about.
constexpr Setting k_settings[] = {
    // --- server -------------------------------------------------------------------------------------------------
    {.key = "http.host", .type = host, .standard = "127.0.0.1", .env = {"MCP_HOST", "HTTP_HOST"}, .group = "server",
     .help = "address of the MCP listener; anything but loopback needs auth.api_keys"},
    {.key = "http.port", .type = port, .standard = "8000", .env = {"MCP_PORT", "HTTP_PORT", "METRICS_PORT"},
     .group = "server", .help = "port of /mcp, /metrics, /health, /ready and /status; 0 picks a free one"},
    {.key = "ws.host", .type = host, .standard = "127.0.0.1", .env = {"EXAI_WS_HOST", "WS_HOST"}, .group = "server",
     .help = "address of the WebSocket daemon; anything but loopback needs ws.token"},
    {.key = "ws.port", .type = port, .standard = "8079", .env = {"EXAI_WS_PORT", "WS_PORT"}, .group = "server",
     .help = "port of the WebSocket daemon; 0 picks a free one"},
    {.key = "health.host", .type = host, .standard = "127.0.0.1", .env = {"HEALTH_CHECK_HOST"}, .group = "server",
     .help = "address of the health listener"},
    {.key = "health.port", .type = port, .standard = "8082", .env = {"HEALTH_CHECK_PORT"}, .group = "server",
     .help = "port of the health listener; 0 picks a free one"},
    {.key = "monitoring.port", .type = port, .standard = "8080", .env = {"MONITORING_PORT"}, .group = "server",
     .help = "port kept for the dashboard; must differ from the others"},
    {.key = "server.name", .type = text, .standard = "exai", .env = {"MCP_SERVER_NAME"}, .group = "server",
     .help = "name that MCP clients are told"},
    {.key = "server.grace", .type = duration, .unit = "s", .standard = "30s", .min = "0s", .max = "10m",
     .env = {"EXAI_GRACE_SECS"}, .group = "server", .help = "how long a stop waits for calls in flight (seed 001:219)"},
    {.key = "server.state_dir", .type = path, .standard = "state", .env = {"EXAI_STATE_DIR"}, .group = "server",
     .help = "folder of the database and the instance lock, relative to the root"},
    // --- access ---------------------------------------------------------------------------------------------------
    {.key = "ws.token", .type = text, .min = "16", .env = {"EXAI_WS_TOKEN"}, .secret = true, .group = "access",
     .help = "shared secret of the daemon's hello, 16 characters at least; empty turns it off on loopback"},
    {.key = "auth.api_keys", .type = list, .min = "16", .env = {"EXAI_API_KEYS", "MCP_API_KEY"}, .secret = true,
     .group = "access", .help = "bearer tokens of the MCP listener, comma-separated, 16 characters each at least"},
    {.key = "http.allowed_hosts", .type = list, .env = {"EXAI_ALLOWED_HOSTS"}, .group = "access",
     .help = "host names accepted in Host and Origin besides loopback"},
    // --- limits ----------------------------------------------------------------------------------------------------
    {.key = "limits.global", .type = integer, .standard = "24", .min = "1", .max = "10000",
     .env = {"EXAI_WS_GLOBAL_MAX_INFLIGHT"}, .group = "limits", .help = "calls in flight in the whole process"},
    {.key = "limits.session", .type = integer, .standard = "8", .min = "1", .max = "1000",
     .env = {"EXAI_WS_SESSION_MAX_INFLIGHT"}, .group = "limits", .help = "calls in flight in one session"},
    {.key = "limits.kimi", .type = integer, .standard = "6", .min = "1", .max = "10000",
     .env = {"EXAI_WS_KIMI_MAX_INFLIGHT"}, .group = "limits", .help = "requests in flight to Kimi"},
    {.key = "limits.glm", .type = integer, .standard = "4", .min = "1", .max = "10000",
     .env = {"EXAI_WS_GLM_MAX_INFLIGHT"}, .group = "limits", .help = "requests in flight to GLM"},
    {.key = "limits.custom", .type = integer, .standard = "4", .min = "1", .max = "10000",
     .env = {"EXAI_CUSTOM_MAX_INFLIGHT"}, .group = "limits", .help = "requests in flight to the custom endpoint"},
    {.key = "limits.permit_wait", .type = duration, .unit = "s", .standard = "250ms", .min = "0s", .max = "60s",
     .env = {"EXAI_PERMIT_WAIT_SECS", "KIMI_SEMAPHORE_TIMEOUT"}, .group = "limits",
     .help = "how long a call waits for a permit before it is answered OVER_CAPACITY"},
    {.key = "limits.retry_after", .type = duration, .unit = "s", .standard = "1s", .min = "0s", .max = "10m",
     .env = {"EXAI_WS_RETRY_AFTER_SECS"}, .group = "limits", .help = "when a refused caller is told to come back"},
    {.key = "limits.connections", .type = integer, .standard = "1000", .min = "1", .max = "100000",
     .env = {"MAX_CONNECTIONS"}, .group = "limits", .help = "open connections over all listeners"},
    {.key = "limits.connections_per_address", .type = integer, .standard = "256", .min = "1", .max = "100000",
     .env = {"MAX_CONNECTIONS_PER_IP"}, .group = "limits", .help = "open connections of one peer address"},
    {.key = "limits.sessions", .type = integer, .standard = "1000", .min = "1", .max = "1000000",
     .env = {"SESSION_MAX_CONCURRENT"}, .group = "limits", .help = "MCP sessions; the one idle longest makes room"},
    {.key = "limits.session_idle", .type = duration, .unit = "s", .standard = "1h", .min = "1s", .max = "7d",
     .env = {"SESSION_TIMEOUT_SECS"}, .group = "limits", .help = "a session unused this long is forgotten"},
    {.key = "limits.body", .type = bytes, .unit = "bytes", .standard = "10MiB", .min = "1KiB", .max = "100MiB",
     .env = {"TOOL_CALL_MAX_SIZE"}, .group = "limits", .help = "largest HTTP body or tool call"},
    {.key = "limits.frame", .type = bytes, .unit = "bytes", .standard = "32MiB", .min = "1KiB", .max = "1GiB",
     .env = {"EXAI_WS_MAX_BYTES"}, .group = "limits", .help = "largest WebSocket message"},
    {.key = "limits.idle", .type = duration, .unit = "s", .standard = "75s", .min = "1s", .max = "1h",
     .env = {"EXAI_HTTP_IDLE_SECS"}, .group = "limits", .help = "an HTTP connection silent this long is closed"},
    {.key = "limits.request_read", .type = duration, .unit = "s", .standard = "30s", .min = "1s", .max = "10m",
     .env = {"EXAI_HTTP_READ_SECS"}, .group = "limits", .help = "a request must have arrived whole by then"},
    // --- daemon ---------------------------------------------------------------------------------------------------
    {.key = "ws.hello_timeout", .type = duration, .unit = "s", .standard = "15s", .min = "100ms", .max = "5m",
     .env = {"EXAI_WS_HELLO_TIMEOUT"}, .group = "daemon", .help = "time for the first frame"},
    {.key = "ws.ping_interval", .type = duration, .unit = "s", .standard = "30s", .min = "1s", .max = "1h",
     .env = {"EXAI_WS_PING_INTERVAL"}, .group = "daemon", .help = "silence after which the peer is pinged"},
    {.key = "ws.ping_timeout", .type = duration, .unit = "s", .standard = "10s", .min = "1s", .max = "60s",
     .env = {"EXAI_WS_PING_TIMEOUT"}, .group = "daemon", .help = "a pinged peer must answer by then; shorter than the interval"},
    {.key = "ws.progress_interval", .type = duration, .unit = "s", .standard = "8s", .min = "100ms", .max = "5m",
     .env = {"EXAI_WS_PROGRESS_INTERVAL_SECS"}, .group = "daemon", .help = "heartbeat of a running call"},
    {.key = "ws.compat_text", .type = boolean, .standard = "true", .env = {"EXAI_WS_COMPAT_TEXT"}, .group = "daemon",
     .help = "repeat the text of a result at the top level for old clients"},
    // --- timeouts --------------------------------------------------------------------------------------------------
    {.key = "timeouts.profile", .type = text, .standard = "runbook", .env = {"EXAI_TIMEOUT_PROFILE"}, .group = "timeouts",
     .help = "runbook, deploy-guide, strict-chain, minimum, or one of exai.yaml"},
    {.key = "timeouts.simple", .type = duration, .unit = "s", .standard = "60s", .min = "1ms", .max = "1h",
     .env = {"SIMPLE_TOOL_TIMEOUT_SECS"}, .group = "timeouts", .help = "simple tools"},
    {.key = "timeouts.workflow", .type = duration, .unit = "s", .standard = "300s", .min = "1ms", .max = "1h",
     .env = {"WORKFLOW_TOOL_TIMEOUT_SECS"}, .group = "timeouts", .help = "workflow tools; the outer layers follow from it"},
    {.key = "timeouts.expert", .type = duration, .unit = "s", .standard = "180s", .min = "1ms", .max = "1h",
     .env = {"EXPERT_ANALYSIS_TIMEOUT_SECS"}, .group = "timeouts", .help = "expert analysis at the end of a workflow"},
    {.key = "timeouts.http", .type = duration, .unit = "s", .standard = "300s", .min = "1ms", .max = "1h",
     .env = {"EX_HTTP_TIMEOUT_SECONDS"}, .group = "timeouts", .help = "one HTTP exchange at most"},
    {.key = "timeouts.daemon", .type = duration, .unit = "s", .min = "1ms", .max = "3h",
     .env = {"EXAI_WS_DAEMON_TIMEOUT", "DAEMON_TIMEOUT_SECS"}, .group = "timeouts",
     .help = "derived (3/2 x workflow); settable only where the profile allows it"},
    {.key = "timeouts.shim", .type = duration, .unit = "s", .min = "1ms", .max = "3h",
     .env = {"EXAI_WS_SHIM_TIMEOUT", "SHIM_TIMEOUT_SECS", "EXAI_SHIM_RPC_TIMEOUT"}, .group = "timeouts",
     .help = "derived (2 x workflow); settable only where the profile allows it"},
    {.key = "timeouts.client", .type = duration, .unit = "s", .min = "1ms", .max = "3h",
     .env = {"EXAI_CLIENT_TIMEOUT"}, .group = "timeouts",
     .help = "derived (5/2 x workflow); settable only where the profile allows it"},
    // --- providers --------------------------------------------------------------------------------------------------
    {.key = "glm.api_key", .type = text, .env = {"GLM_API_KEY", "ZHIPUAI_API_KEY", "ZAI_API_KEY"}, .secret = true,
     .group = "providers", .help = "key of GLM (z.ai)"},
    {.key = "glm.url", .type = url, .standard = "https://api.z.ai/api/paas/v4",
     .env = {"GLM_API_URL", "GLM_BASE_URL", "ZHIPUAI_API_URL", "ZHIPUAI_BASE_URL", "ZAI_BASE_URL"}, .group = "providers",
     .help = "base URL of GLM"},
    {.key = "glm.timeout", .type = duration, .unit = "s", .standard = "120s", .min = "1ms", .max = "1h",
     .env = {"GLM_TIMEOUT_SECS"}, .group = "providers", .help = "one request to GLM"},
    {.key = "glm.web_search", .type = boolean, .standard = "true", .env = {"GLM_ENABLE_WEB_BROWSING"}, .group = "providers",
     .help = "offer GLM's own web search to a call that asks for it"},
    {.key = "kimi.api_key", .type = text, .env = {"KIMI_API_KEY", "MOONSHOT_API_KEY"}, .secret = true,
     .group = "providers", .help = "key of Kimi (Moonshot)"},
    {.key = "kimi.url", .type = url, .standard = "https://api.moonshot.ai/v1",
     .env = {"KIMI_API_URL", "KIMI_BASE_URL", "MOONSHOT_API_URL", "MOONSHOT_BASE_URL"}, .group = "providers",
     .help = "base URL of Kimi"},
    {.key = "kimi.timeout", .type = duration, .unit = "s", .standard = "180s", .min = "1ms", .max = "1h",
     .env = {"KIMI_TIMEOUT_SECS"}, .group = "providers", .help = "one request to Kimi"},
    {.key = "kimi.web_search", .type = boolean, .standard = "true", .env = {"KIMI_ENABLE_INTERNET_SEARCH"},
     .group = "providers", .help = "offer Kimi's built-in web search to a call that asks for it"},
    {.key = "custom.url", .type = url, .env = {"CUSTOM_API_URL"}, .group = "providers",
     .help = "base URL of any OpenAI-compatible endpoint (Ollama, vLLM, llama.cpp); empty turns it off"},
    {.key = "custom.api_key", .type = text, .env = {"CUSTOM_API_KEY"}, .secret = true, .group = "providers",
     .help = "its key, if it wants one"},
    {.key = "custom.model", .type = text, .standard = "llama3.2", .env = {"CUSTOM_MODEL_NAME"}, .group = "providers",
     .help = "its model name"},
    {.key = "custom.timeout", .type = duration, .unit = "s", .standard = "180s", .min = "1ms", .max = "1h",
     .env = {"CUSTOM_TIMEOUT_SECS"}, .group = "providers", .help = "one request to it"},
    // --- models -----------------------------------------------------------------------------------------------------
    {.key = "models.default", .type = text, .standard = "glm-4.5-flash", .env = {"DEFAULT_MODEL"}, .group = "models",
     .help = "model when a call names none; \"auto\" takes the first configured provider's"},
    {.key = "models.file", .type = path, .env = {"EXAI_MODELS_FILE"}, .group = "models",
     .help = "a catalogue to use instead of the embedded one"},
    {.key = "models.max_output_tokens", .type = integer, .unit = "tokens", .standard = "8192", .min = "0", .max = "1000000",
     .env = {"DEFAULT_MAX_OUTPUT_TOKENS"}, .group = "models", .help = "answer length asked for; 0 sends none"},
    // --- conversations ------------------------------------------------------------------------------------------------
    {.key = "conversation.ttl", .type = duration, .unit = "h", .standard = "24h", .min = "1m", .max = "365d",
     .env = {"CONVERSATION_TIMEOUT_HOURS"}, .group = "conversations", .help = "a thread unused this long is forgotten"},
    {.key = "conversation.max_turns", .type = integer, .standard = "20", .min = "2", .max = "10000",
     .env = {"MAX_CONVERSATION_TURNS"}, .group = "conversations", .help = "turns a thread may have"},
    // --- logs ----------------------------------------------------------------------------------------------------------
    {.key = "log.dir", .type = path, .standard = "logs", .env = {"EXAI_LOG_DIR"}, .group = "logs",
     .help = "folder of mcp_server.log and mcp_activity.log, relative to the root"},
    {.key = "log.level", .type = choice, .standard = "INFO", .choices = "DEBUG|INFO|WARNING|ERROR", .env = {"LOG_LEVEL"},
     .group = "logs", .help = "least severity written"},
    {.key = "log.max_bytes", .type = bytes, .unit = "bytes", .standard = "10MiB", .min = "64KiB", .max = "1GiB",
     .env = {"EXAI_LOG_MAX_BYTES"}, .group = "logs", .help = "a log is rotated at this size"},
    {.key = "log.keep", .type = integer, .standard = "5", .min = "0", .max = "100", .env = {"EXAI_LOG_KEEP"},
     .group = "logs", .help = "rotated files kept of each log"},
    {.key = "log.dir_max_bytes", .type = bytes, .unit = "bytes", .standard = "1GiB", .min = "1MiB", .max = "1TiB",
     .env = {"EXAI_LOG_DIR_MAX_BYTES"}, .group = "logs", .help = "the log folder's limit; 80 % of it warns (seed 001:387)"},
    // --- deployment ------------------------------------------------------------------------------------------------------
    {.key = "supabase.url", .type = url, .env = {"SUPABASE_URL"}, .group = "deployment", .help = "Supabase project"},
    {.key = "supabase.anon_key", .type = text, .env = {"SUPABASE_ANON_KEY", "SUPABASE_KEY"}, .secret = true,
     .group = "deployment", .help = "its public key"},
    {.key = "supabase.service_role_key", .type = text, .env = {"SUPABASE_SERVICE_ROLE_KEY"}, .secret = true,
     .group = "deployment", .help = "its server key; must differ from the public one"},
    {.key = "redis.password", .type = text, .min = "32", .env = {"REDIS_PASSWORD"}, .secret = true,
     .group = "deployment", .help = "Redis password, 32 characters at least (seed 000:54)"},
    {.key = "redis.commander_user", .type = text, .env = {"REDIS_COMMANDER_USER"}, .group = "deployment",
     .help = "user of Redis Commander"},
    {.key = "redis.commander_password", .type = text, .min = "12", .env = {"REDIS_COMMANDER_PASSWORD"}, .secret = true,
     .group = "deployment", .help = "password of Redis Commander"},
    {.key = "deploy.timezone", .type = text, .env = {"TZ"}, .group = "deployment",
     .help = "time zone of the host, as in tzdata; records are always in UTC"},
};

// Names that the original's documents carry and that turn nothing here: facts/ex_ai_server 6 (use D), 6.2.
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
};

}  // namespace

std::span<const Setting> settings() { return k_settings; }

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : k_settings)
    if (setting.key == key) return &setting;
  return nullptr;
}

const Setting* find_setting_by_env(std::string_view env) {
  if (env.empty()) return nullptr;
  for (const Setting& setting : k_settings)
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
    case text: return "text";
    case boolean: return "true or false";
    case integer: return "whole number";
    case duration: return "duration";
    case bytes: return "size in bytes";
    case port: return "port 0..65535";
    case host: return "address or host name";
    case url: return "URL";
    case path: return "path";
    case list: return "comma-separated list";
    case choice: return "one of the choices";
  }
  return "text";
}

}  // namespace exai
