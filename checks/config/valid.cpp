// config.valid, env.file, env.permissions: what the configuration is made of.
#include "checks/timeouts/hierarchy.hpp"
#include "core/check.hpp"
#include "core/config.hpp"
#include "core/dotenv.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks {

CheckResult findings_result(std::vector<Finding> findings, std::string good) {
  CheckResult result;
  result.status = worse(worst(findings), Status::pass);
  result.summary = std::move(good);
  const auto weight = [](const Finding& finding) { return finding.severity != Status::skip; };
  const auto others = std::count_if(findings.begin(), findings.end(), weight) - 1;
  if (others >= 0) {
    const Finding* first = &*std::find_if(findings.begin(), findings.end(), weight);
    for (const Finding& finding : findings)
      if (worse(finding.severity, first->severity) != first->severity) first = &finding;
    result.summary =
        first->where ? fmt::format("{}: {}", to_string(*first->where), first->message) : first->message;
    if (others > 0) result.summary += fmt::format(" (and {} more)", others);
    result.hint = first->hint;
  }
  if (result.status == Status::fail) result.cause = Cause::config;
  result.findings = std::move(findings);
  return result;
}

namespace config_check {

CheckResult run_valid(const CheckContext& context) {
  if (!context.judgement)
    return check_unknown(make_error(ErrorKind::internal, "nobody judged the configuration"));
  return validate_config(context.judgement());
}

CheckResult run_env_file(const CheckContext& context) {
  std::vector<Finding> findings;
  std::size_t files = 0;
  for (const char* name : {".env", ".env.docker"}) {
    const std::filesystem::path path = context.root / name;
    std::error_code ignored;
    if (!io::is_there(path) || std::filesystem::is_directory(path, ignored)) continue;
    ++files;
    const Result<std::string> text = io::read_file(path);
    if (!text) return check_unknown(text.error());
    const ConfigLayer layer = parse_dotenv(*text, path.string(), findings);
    static_cast<void>(Config::build({layer}, findings));
  }
  if (files == 0) return check_skip("there is no .env or .env.docker; exai config template prints one");
  return findings_result(std::move(findings),
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
  return findings_result(std::move(findings), "only the owner can read the files that may hold secrets");
}

const Registered<Check> k_valid{
    Check{.id = "config.valid",
          .title = "the configuration has no unknown, contradicting or impossible value",
          .tags = "daily,doctor,ci,deploy",
          .help = "Reads all sources as exai serve does and judges them by the settings table: unknown "
                  "names, aliases that disagree, types, ranges, "
                  "placeholders, and rules between settings (maintenance:129).",
          .run = run_valid}};
const Registered<Check> k_env_file{
    Check{.id = "env.file",
          .title = "every reader takes the env files the same way",
          .tags = "daily,doctor,ci",
          .help = "Looks for byte order marks, CRLF, unquoted inline comments, duplicate keys and malformed "
                  "lines in .env and .env.docker (deployment:393).",
          .run = run_env_file}};
const Registered<Check> k_permissions{Check{
    .id = "env.permissions",
    .title = "files with secrets are closed to others",
    .tags = "daily,doctor,deploy",
    .help = "Env files and the keys file must not be readable by group or others, exai.yaml not writable "
            "by them.",
    .run = run_permissions}};

}  // namespace config_check

CheckResult validate_config(std::vector<Finding> judgement) {
  CheckResult result = findings_result(std::move(judgement), "every value is known, typed and in range");
  result.id = "config.valid";
  result.title = "the effective configuration";
  return result;
}

}  // namespace exai::checks
