// The texts of `exai help TOPIC`, printed from the tables where there is one.
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "core/settings.hpp"
#include "core/text.hpp"
#include "core/timeouts.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace topics {
namespace {

std::string exit_codes() {
  std::string out = "Exit codes: one contract for every command and every output format.\n\n";
  for (const ExitCodeRow& row : exit_code_table()) {
    const std::string when = wrapped(row.when, 20, 80);
    out += fmt::format("  {:>3}  {:<11}  {}", int(row.code), row.name, when.substr(20));
  }
  out += "\n";
  out += wrapped(
      "Of several outcomes the gravest counts: internal, budget, refused, fail, config, unknown, human, "
      "pass. Under "
      "--strict a warning is a failure. A check that could not be asked is unknown and never a pass, and a "
      "run in which "
      "nothing was checked ends with 3. With -o nagios on standard output the code becomes 0, 1, 2 or 3: a "
      "warning 1, a "
      "failure 2, everything else 3. Treat a code that is not in this table as a failure.",
      0, 80);
  return out;
}

std::string environment() {
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
  out += "\n" + wrapped(
                    "Env files: one NAME=value a line, export before it allowed. # begins a comment at the "
                    "start of a line and "
                    "behind a blank or a tab. '...' takes all as it stands; in \"...\" \\n, \\r, \\t, \\\", "
                    "\\\\, \\$ and \\` are "
                    "escapes and every other backslash stays. A quoted value may go over several lines. "
                    "Nothing is replaced: "
                    "$NAME stays $NAME, and a value that is one ${NAME} is refused. ~ at the start of a path "
                    "is the home folder. "
                    "NAME= leaves the setting as it is. The last of two equal names counts, and two that "
                    "differ are refused. "
                    "Where docker, sh and python-dotenv disagree about a line, exai validate env says so. A "
                    "folder named .env is "
                    "not read.",
                    0, 80);
  return out + "\nexai config show --origin tells where each value comes from.\n";
}

std::string formats() {
  std::string out = "Output formats: -o FORMAT[=FILE], several at once, one of them on standard output.\n\n";
  for (const Writer* writer : Registered<Writer>::all())
    out += fmt::format("  {:<11} {}\n", writer->format, writer->help);
  out += "\n";
  out += wrapped(
      "Every command knows table and json, lists also jsonl and markdown; the others show results of checks. "
      "Files are "
      "replaced at once, never half written. With json or jsonl an error is one JSON object on standard "
      "error. The format "
      "never changes what a run means, so the exit code is the same in all of them, but for nagios on "
      "standard output.",
      0, 80);
  return out;
}

std::string timeouts_text() {
  std::string out = wrapped(
      "Timeouts: the outer layer waits longer than the inner one, so that the inner one can answer. The "
      "layers from the "
      "inside are simple, workflow, expert, provider, http, daemon, shim, client. The base values are "
      "settings, the outer "
      "ones follow from the profile (timeouts.profile). exai serve does not start while the hierarchy is "
      "broken.",
      0, 80);
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
  std::string out = wrapped(
      "Secrets: keys and tokens come from the process environment or an env file (mode 0600), never from a "
      "flag, since "
      "other users see the arguments of a process. They are shown as a fingerprint only: every output and "
      "log replaces a "
      "known secret, also in its base64 and URL forms. Keys that clients bring stand as digests in the "
      "keys file, which exai key generate writes: the key itself is shown once.",
      0, 80);
  out += "\nSecret settings\n";
  for (const Setting& setting : settings())
    if (setting.secret) out += fmt::format("  {:<26} {}\n", setting.canonical_env(), setting.help);
  return out;
}

const Registered<Topic> k_exit_codes{Topic{"exit-codes", "what the exit codes mean", exit_codes}};
const Registered<Topic> k_environment{Topic{"environment", "variables that are read", environment}};
const Registered<Topic> k_formats{Topic{"formats", "output formats", formats}};
const Registered<Topic> k_timeouts{Topic{"timeouts", "the timeout hierarchy", timeouts_text}};
const Registered<Topic> k_secrets{Topic{"secrets", "where keys come from and who sees them", secrets}};

}  // namespace
}  // namespace topics
}  // namespace exai::cli
