// env.file: whether .env and .env.docker mean the same to every reader.
#include "checks/findings.hpp"
#include "core/check.hpp"
#include "core/dotenv.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::checks {
namespace {

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

const Registered<Check> k_env_file{
    Check{.id = "env.file",
          .title = "every reader takes the env files the same way",
          .tags = "daily,doctor,ci",
          .help = "Looks for byte order marks, CRLF, unquoted inline comments, duplicate keys and malformed "
                  "lines in .env and .env.docker (deployment:393).",
          .run = run_env_file}};

}  // namespace
}  // namespace exai::checks
