#include "checks/validate.hpp"

#include "commands/common.hpp"
#include "commands/runbook.hpp"
#include "commands/workflow_files.hpp"
#include "core/text.hpp"
#include "core/timeouts.hpp"

#include <fmt/core.h>

namespace exai::commands::validate_command {
namespace {

std::string profile_of(const Args& args, const Context& context) {
  return args.option("--profile").value_or(context.config.text("timeouts.profile"));
}

Result<Outcome> timeouts_run(const Args& args, Context& context) {
  Report report = new_report(context, "validate timeouts");
  if (args.has("--all-profiles")) {
    report.results = checks::validate_timeouts_all(context.config);
  } else {
    const std::string profile = profile_of(args, context);
    if (const auto known = timeouts::find_profile(context.config, profile); !known)
      return fail(known.error());
    report.profile = profile;
    report.results.push_back(
        timed(context.clock, [&] { return checks::validate_timeouts(context.config, profile); }));
    report.notes = checks::timeout_table(context.config, profile);
  }
  if (args.has("--explain")) {
    if (!report.notes.empty()) report.notes.emplace_back();
    for (std::string& line : timeouts::explain()) report.notes.push_back(std::move(line));
  }
  return finished(std::move(report), context);
}

std::vector<CheckResult> env_results(const std::vector<std::string>& files, const Context& context) {
  std::vector<std::filesystem::path> paths(files.begin(), files.end());
  if (files.empty()) {
    paths = context.env_files;
    for (const char* name : {".env", ".env.docker"}) {
      const auto path = context.root / name;
      std::error_code error;
      if (std::find(paths.begin(), paths.end(), path) == paths.end() && std::filesystem::exists(path, error))
        paths.push_back(path);
    }
  }
  std::vector<CheckResult> results;
  for (const auto& path : paths)
    results.push_back(timed(context.clock, [&] { return checks::validate_env_file(path); }));
  return results;
}

Result<Outcome> env(const Args& args, Context& context) {
  Report report = new_report(context, "validate env");
  report.results = env_results(args.positional_all("FILE"), context);
  if (report.results.empty())
    return fail(ErrorKind::missing_input, fmt::format("there is no .env in {}", context.root.string()),
                "exai config template > .env, or name a file");
  return finished(std::move(report), context);
}

CheckResult config_result(const Context& context) {
  return timed(context.clock,
               [&] { return checks::validate_config(context.config, context.config_findings); });
}

Result<Outcome> config(const Args&, Context& context) {
  Report report = new_report(context, "validate config");
  report.results.push_back(config_result(context));
  return finished(std::move(report), context);
}

Result<Outcome> runbooks_run(const Args& args, Context& context) {
  Report report = new_report(context, "validate runbooks");
  report.results = validate_runbooks(args.positional_all("FILE"), context);
  return finished(std::move(report), context);
}

Result<Outcome> workflows_run(const Args& args, Context& context) {
  Report report = new_report(context, "validate workflows");
  report.results = validate_workflows(args.positional_all("FILE"), context);
  return finished(std::move(report), context);
}

Result<Outcome> all(const Args&, Context& context) {
  Report report = new_report(context, "validate all");
  auto& results = report.results;
  results.push_back(config_result(context));
  for (CheckResult& result : env_results({}, context)) results.push_back(std::move(result));
  results.push_back(timed(context.clock, [&] {
    return checks::validate_timeouts(context.config, context.config.text("timeouts.profile"));
  }));
  for (CheckResult& result : validate_runbooks({}, context)) results.push_back(std::move(result));
  for (CheckResult& result : validate_workflows({}, context)) results.push_back(std::move(result));
  return finished(std::move(report), context);
}

constexpr cli::Option k_timeout_options[] = {
    {.name = "--profile", .value = "P", .help = "judge by this timeout profile", .values = "@profiles"},
    {.name = "--all-profiles", .help = "judge by every profile"},
    {.name = "--explain", .help = "what the documents say and where they contradict each other"}};
constexpr cli::Positional k_env_files[] = {
    {.name = "FILE",
     .help = "env files, - is standard input; none means .env and .env.docker",
     .values = "@files",
     .repeat = true}};
constexpr cli::Positional k_runbook_files[] = {
    {.name = "FILE", .help = "runbooks; none means the built-in ones", .values = "@files", .repeat = true}};
constexpr cli::Positional k_workflow_files[] = {
    {.name = "FILE",
     .help = "workflows, or folders of them; none means the built-in ones and those of workflows.dir",
     .values = "@files",
     .repeat = true}};
constexpr cli::Example k_timeout_examples[] = {
    {"exai validate timeouts", "the hierarchy as it is set"},
    {"exai validate timeouts --profile deploy-guide", "by another profile"}};
constexpr cli::Example k_env_examples[] = {{"exai validate env .env.docker", "one file"},
                                           {"exai validate env -o sarif", "findings for an editor or a CI"}};
constexpr cli::Example k_config_examples[] = {{"exai validate config", "all sources together"},
                                              {"exai config show --origin", "where each value comes from"}};
constexpr cli::Example k_runbook_examples[] = {{"exai validate runbooks", "the built-in ones"},
                                               {"exai validate runbooks ops/daily.yaml", "one of your own"}};
constexpr cli::Example k_workflow_examples[] = {{"exai validate workflows", "the built-in ones and your own"},
                                                {"exai validate workflows ops/workflows", "all of a folder"}};
constexpr cli::Example k_all_examples[] = {{"exai validate all", "before a deployment"},
                                           {"exai validate all --strict -o junit=validate.xml", "in a CI"}};

const Registered<cli::Command> k_timeouts{cli::Command{
    .path = "validate timeouts",
    .group = "Validate",
    .summary = "judges the timeout hierarchy as the server does at its start",
    .text = "Computes every layer in exact milliseconds and shows value, source, formula, what the "
            "formula gives, the difference and the verdict.",
    .options = k_timeout_options,
    .examples = k_timeout_examples,
    .waits = false,
    .recording = cli::Recording::asked,
    .run = timeouts_run}};
const Registered<cli::Command> k_env{cli::Command{
    .path = "validate env",
    .group = "Validate",
    .summary = "judges env files: format, names and values",
    .text = "Reports byte order marks, CRLF, inline comments, duplicate keys, unknown names with the nearest "
            "known one, wrong types, values out of range and placeholders, with file and line.",
    .positionals = k_env_files,
    .examples = k_env_examples,
    .waits = false,
    .recording = cli::Recording::asked,
    .run = env}};
const Registered<cli::Command> k_config{cli::Command{.path = "validate config",
                                                     .group = "Validate",
                                                     .summary = "judges the settings of all sources together",
                                                     .examples = k_config_examples,
                                                     .waits = false,
                                                     .recording = cli::Recording::asked,
                                                     .run = config}};
const Registered<cli::Command> k_runbooks{cli::Command{
    .path = "validate runbooks",
    .group = "Validate",
    .summary = "judges runbooks before anyone runs them",
    .text = "Every id, check and command is looked up; an unknown one is a finding with its line and "
            "the nearest known name.",
    .positionals = k_runbook_files,
    .examples = k_runbook_examples,
    .waits = false,
    .recording = cli::Recording::asked,
    .run = runbooks_run}};
const Registered<cli::Command> k_workflows{cli::Command{
    .path = "validate workflows",
    .group = "Validate",
    .summary = "judges workflow tools before a server loads them",
    .text =
        "Reads each NAME.yaml with the NAME.md beside it as the server does. Unknown keys, missing parts, "
        "wrong limits and statuses, and a missing prompt are findings with file and line.",
    .positionals = k_workflow_files,
    .examples = k_workflow_examples,
    .waits = false,
    .recording = cli::Recording::asked,
    .run = workflows_run}};
const Registered<cli::Command> k_all{
    cli::Command{.path = "validate all",
                 .group = "Validate",
                 .summary = "settings, env files, timeouts, runbooks and workflows",
                 .examples = k_all_examples,
                 .waits = false,
                 .recording = cli::Recording::asked,
                 .run = all}};

}  // namespace
}  // namespace exai::commands::validate_command
