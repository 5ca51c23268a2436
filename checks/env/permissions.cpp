// env.permissions: who can read the files that may hold secrets.
#include "checks/findings.hpp"
#include "core/check.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

CheckResult run_env_permissions(const CheckContext& context) {
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

const Registered<Check> k_env_permissions{Check{
    .id = "env.permissions",
    .title = "files with secrets are closed to others",
    .tags = "daily,doctor,deploy",
    .help = "Env files and the keys file must not be readable by group or others, exai.yaml not writable "
            "by them.",
    .run = run_env_permissions}};

}  // namespace
}  // namespace exai::checks
