// The texts of `exai help TOPIC`, printed from the tables where there is one.
#include "cli/help.hpp"
#include "cli/output/writer.hpp"
#include "cli/texts.hpp"
#include "core/settings.hpp"
#include "core/text.hpp"
#include "core/timeouts.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

std::string exit_codes() {
  std::string out = "Exit codes: one contract for every command and every output format.\n\n";
  for (const ExitCodeRow& row : exit_code_table()) {
    const std::string when = wrapped(row.when, 20, 80);
    out += fmt::format("  {:>3}  {:<11}  {}", int(row.code), row.name, when.substr(20));
  }
  out += "\n";
  out += wrapped(manual_text("help exit-codes"), 0, 80);
  return out;
}

std::string environment_topic() {
  std::string out =
      "Environment: a flag wins over the process environment, this over an env file, this over "
      "exai.yaml.\n\n";
  constexpr std::pair<std::string_view, std::string_view> k_own[] = {
      {"EXAI_OUTPUT", "as --output"},
      {"EXAI_TIMEOUT", "as --timeout"},
      {"EXAI_CONFIG", "as --config"},
      {"EXAI_PROFILE", "as --profile"},
      {"EXAI_ROOT", "as --root"},
      {"EXAI_NO_INPUT", "as --no-input"},
      {"NO_COLOR", "any value: no colours"},
      {"CLICOLOR_FORCE, FORCE_COLOR", "colours even without a terminal"},
      {"HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "proxies for requests to providers"},
  };
  for (const auto& [name, text] : k_own) out += fmt::format("  {:<34} {}\n", name, text);
  std::string_view group;
  for (const Setting& setting : settings()) {
    if (setting.canonical_env().empty()) continue;
    if (setting.group != group) out += fmt::format("\n{}\n", setting.group);
    group = setting.group;
    out += fmt::format("  {:<34} {}\n", setting.canonical_env(), setting.key);
    for (std::size_t at = 1; at < setting.env.size(); ++at)
      if (!setting.env[at].empty()) out += fmt::format("    also {}\n", setting.env[at]);
  }
  out += "\n" + wrapped(manual_text("help environment_topic"), 0, 80);
  return out + "\nexai config show --origin tells where each value comes from.\n";
}

std::string formats_topic() {
  std::string out =
      "Output formats_topic: -o FORMAT[=FILE], several at once, one of them on standard output.\n\n";
  for (const Writer* writer : Registered<Writer>::all())
    out += fmt::format("  {:<11} {}\n", writer->format, writer->help);
  out += "\n";
  out += wrapped(manual_text("help formats"), 0, 80);
  return out;
}

std::string timeouts_text() {
  std::string out = wrapped(manual_text("help timeouts"), 0, 80);
  out += "\nProfiles\n";
  for (const auto& profile : timeouts::built_in_profiles())
    out += fmt::format("  {:<13} {}\n", profile.name, profile.title);
  out += R"(
One of your own, in exai.yaml (ratios are fractions; mode is equal, at-least or range):

  timeouts: {profile: ours}
  timeout_profiles:
    ours:
      extends: runbook
      override: true
      relations:
        daemon: {of: workflow, ratio: 3/2, max: 2/1, mode: range}
      invariants:
        - {left: simple, op: "<=", right: 90s, severity: warn}

exai validate timeouts --explain shows where the documents contradict each other.
)";
  return out;
}

std::string secrets() {
  std::string out = wrapped(manual_text("help secrets"), 0, 80);
  out += "\nSecret settings\n";
  for (const Setting& setting : settings())
    if (setting.secret) out += fmt::format("  {:<26} {}\n", setting.canonical_env(), setting.help);
  return out;
}

const Registered<Topic> k_exit_codes{Topic{"exit-codes", "what the exit codes mean", exit_codes}};
const Registered<Topic> k_environment{Topic{"environment", "variables that are read", environment_topic}};
const Registered<Topic> k_formats_topic{Topic{"formats", "output formats", formats_topic}};
const Registered<Topic> k_timeouts{Topic{"timeouts", "the timeout hierarchy", timeouts_text}};
const Registered<Topic> k_secrets{Topic{"secrets", "where keys come from and who sees them", secrets}};

}  // namespace
}  // namespace exai::cli
