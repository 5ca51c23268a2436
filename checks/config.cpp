// config.valid, env.file, env.permissions: what the configuration is made of.
#include "core/config.hpp"

#include "checks/validate.hpp"
#include "core/check.hpp"
#include "core/dotenv.hpp"
#include "io/config_source.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace config_check {

CheckResult from_findings(std::vector<Finding> findings, std::string good) {
  CheckResult result;
  result.status = worst(findings);
  result.summary = std::move(good);
  if (!findings.empty()) {
    const Finding* first = &findings.front();
    for (const Finding& finding : findings)
      if (worse(finding.severity, first->severity) != first->severity) first = &finding;
    result.summary =
        first->where ? fmt::format("{}: {}", to_string(*first->where), first->message) : first->message;
    if (findings.size() > 1) result.summary += fmt::format(" (and {} more)", findings.size() - 1);
    result.hint = first->hint;
  }
  if (result.status == Status::fail) result.cause = Cause::config;
  result.findings = std::move(findings);
  return result;
}

// Rules between settings, which no single row can hold.
void cross_rules(const Config& config, std::vector<Finding>& findings) {
  const auto add = [&](Status severity, std::string rule, std::string message, std::string hint,
                       std::string_view key) {
    const Origin& origin = config.value(key).origin;
    std::optional<Location> where;
    if (!origin.source.empty()) where = Location{origin.source, origin.line, 0};
    findings.push_back(
        {severity, "config." + std::move(rule), std::move(message), std::move(where), std::move(hint)});
  };
  if (config.duration("ws.ping_timeout") >= config.duration("ws.ping_interval"))
    add(Status::fail, "ping",
        fmt::format("EXAI_WS_PING_TIMEOUT ({}, {}) must be shorter than EXAI_WS_PING_INTERVAL ({}, {})",
                    format_duration(config.duration("ws.ping_timeout")),
                    to_string(config.value("ws.ping_timeout").origin),
                    format_duration(config.duration("ws.ping_interval")),
                    to_string(config.value("ws.ping_interval").origin)),
        "lower EXAI_WS_PING_TIMEOUT", "ws.ping_timeout");
  if (config.integer("limits.session") > config.integer("limits.global"))
    add(Status::fail, "limits",
        fmt::format("limits.session ({}) is above limits.global ({})", config.text("limits.session"),
                    config.text("limits.global")),
        "lower EXAI_WS_SESSION_MAX_INFLIGHT", "limits.session");
  const std::string& anon = config.text("supabase.anon_key");
  if (!anon.empty() && anon == config.text("supabase.service_role_key"))
    add(Status::fail, "supabase", "SUPABASE_SERVICE_ROLE_KEY and SUPABASE_ANON_KEY are the same key",
        "copy the service role key from the project's API page", "supabase.service_role_key");
  if (config.bytes("limits.body") > config.bytes("limits.frame"))
    add(Status::warn, "sizes",
        "TOOL_CALL_MAX_SIZE is above EXAI_WS_MAX_BYTES, so it cannot be reached over WebSocket",
        "lower TOOL_CALL_MAX_SIZE", "limits.body");
}

CheckResult run_valid(const CheckContext& context) {
  return validate_config(context.config, context.config_findings);
}

CheckResult run_env_file(const CheckContext& context) {
  std::vector<Finding> findings;
  std::size_t files = 0;
  for (const char* name : {".env", ".env.docker"}) {
    const std::filesystem::path path = context.root / name;
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) continue;
    ++files;
    CheckResult one = validate_env_file(path);
    if (one.status == Status::unknown) return one;
    findings.insert(findings.end(), one.findings.begin(), one.findings.end());
  }
  if (files == 0) return check_skip("there is no .env or .env.docker; exai config template prints one");
  return from_findings(std::move(findings),
                       fmt::format("{} file{} read without a doubt", files, files == 1 ? "" : "s"));
}

CheckResult run_permissions(const CheckContext& context) {
  std::vector<Finding> findings;
  std::size_t files = 0;
  std::vector<std::string> names{".env", ".env.docker", "exai.yaml"};
  if (const std::string& keys = context.config.text("auth.keys_file"); !keys.empty()) names.push_back(keys);
  for (const std::string& name : names) {
    const auto facts = io::file_facts(context.root / name);
    if (!facts) continue;
    ++files;
    if ((facts->mode & 077U) == 0 || (facts->path.filename() == "exai.yaml" && (facts->mode & 022U) == 0))
      continue;
    findings.push_back({Status::warn, "env.permissions",
                        fmt::format("{} is open to others (mode {:04o})", name, facts->mode),
                        Location{facts->path.string(), 0, 0},
                        fmt::format("chmod 600 {}", facts->path.string())});
  }
  if (files == 0) return check_skip("there is no file with secrets here");
  return from_findings(std::move(findings), "only the owner can read the files that may hold secrets");
}

const Registered<Check> k_valid{
    Check{.id = "config.valid",
          .title = "the configuration has no unknown, contradicting or impossible value",
          .tags = "daily,doctor,ci,deploy",
          .help = "Reads all sources as exai serve does and judges them by the settings table: unknown "
                  "names, aliases that disagree, types, ranges, "
                  "placeholders, and rules between settings (seed 001:129, facts operations 7).",
          .run = run_valid}};
const Registered<Check> k_env_file{
    Check{.id = "env.file",
          .title = "every reader takes the env files the same way",
          .tags = "daily,doctor,ci",
          .help = "Looks for byte order marks, CRLF, unquoted inline comments, duplicate keys and malformed "
                  "lines in .env and .env.docker (seed 000:393).",
          .run = run_env_file}};
const Registered<Check> k_permissions{Check{
    .id = "env.permissions",
    .title = "files with secrets are closed to others",
    .tags = "daily,doctor,deploy",
    .help = "Env files and the keys file must not be readable by group or others, exai.yaml not writable "
            "by them.",
    .run = run_permissions}};

}  // namespace config_check

CheckResult validate_env_file(const std::filesystem::path& file) {
  std::vector<Finding> findings;
  const auto layers = io::read_env_layer(file, findings);
  CheckResult result;
  if (!layers) {
    result = check_unknown(layers.error());
  } else {
    static_cast<void>(Config::build(*layers, findings));
    result = config_check::from_findings(
        std::move(findings), fmt::format("{} names, all known and in range", layers->front().entries.size()));
  }
  result.id = "env.file";
  result.title = file.string();
  return result;
}

CheckResult validate_config(const Config& config, const std::vector<Finding>& findings) {
  std::vector<Finding> all = findings;
  config_check::cross_rules(config, all);
  CheckResult result =
      config_check::from_findings(std::move(all), "every value is known, typed and in range");
  result.id = "config.valid";
  result.title = "the effective configuration";
  return result;
}

}  // namespace exai::checks
