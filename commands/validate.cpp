#include "checks/config/valid.hpp"
#include "checks/findings.hpp"
#include "checks/timeouts/hierarchy.hpp"
#include "commands/common.hpp"
#include "commands/runbook.hpp"
#include "commands/workflow_files.hpp"
#include "core/text.hpp"
#include "core/timeouts.hpp"
#include "io/config_source.hpp"
#include "io/files.hpp"
#include "serve/judge.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

std::string profile_of(const Args& args, const Context& context) {
  return args.option("--profile").value_or(context.config.text("timeouts.profile"));
}

Result<Outcome> timeouts_run(const Args& args, Context& context) {
  Report report = new_report(context, "validate timeouts");
  if (args.has("--all-profiles")) {
    report.results = checks::validate_timeouts_all(context.config, context.clock);
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

/// A judgement without what stands in exai.yaml, which is another file's affair.
std::vector<Finding> without_yaml(std::vector<Finding> findings,
                                  const std::optional<std::filesystem::path>& yaml) {
  std::erase_if(findings, [&](const Finding& finding) {
    return yaml && finding.where && finding.where->file == yaml->string();
  });
  return findings;
}

/// One env file as `exai serve --env-file FILE` would take it.
CheckResult judge_env_file(const std::filesystem::path& file, const Context& context) {
  io::ConfigRequest request;
  request.config_file = context.globals.config_file;
  request.env_files = {file.string()};
  request.root = context.root.string();
  request.profile = context.globals.profile;
  if (context.globals.timeout) request.deadline = Deadline::after(*context.globals.timeout);
  auto loaded = io::load_config(request);
  CheckResult result;
  if (loaded) {
    serve::Judgement judgement =
        serve::judge_configuration(std::move(loaded->config), std::move(loaded->findings),
                                   {context.root, serve::Purpose::serve, context.globals.strict, nullptr});
    result = checks::findings_result(without_yaml(std::move(judgement.findings), loaded->file),
                                     "all names are known, all values fit");
  } else {
    result = check_unknown(loaded.error());
  }
  result.id = "env.file";
  result.title = file.string();
  return result;
}

std::vector<CheckResult> env_results(const std::vector<std::string>& files, const Context& context) {
  std::vector<std::filesystem::path> paths(files.begin(), files.end());
  if (files.empty()) {
    paths = context.env_files;
    for (const char* name : {".env", ".env.docker"}) {
      const auto path = context.root / name;
      std::error_code error;
      if (std::find(paths.begin(), paths.end(), path) == paths.end() && io::is_there(path) &&
          !std::filesystem::is_directory(path, error))
        paths.push_back(path);
    }
  }
  std::vector<CheckResult> results;
  for (const auto& path : paths)
    results.push_back(timed(context.clock, [&] { return judge_env_file(path, context); }));
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
  return timed(context.clock, [&] { return checks::validate_config(judgement(context)); });
}

CheckResult config_result_for_stdio(const Context& context) {
  return timed(context.clock, [&] {
    return checks::validate_config(
        serve::judge_configuration(context.config, context.config_findings,
                                   {context.root, serve::Purpose::stdio, context.globals.strict, nullptr})
            .findings);
  });
}

Result<Outcome> config(const Args& args, Context& context) {
  Report report = new_report(context, "validate config");
  const bool stdio = args.option("--purpose").value_or("serve") == "stdio";
  report.results.push_back(stdio ? config_result_for_stdio(context) : config_result(context));
  return finished(std::move(report), context);
}

Result<Outcome> runbooks_run(const Args& args, Context& context) {
  Report report = new_report(context, "validate runbooks");
  report.results =
      runbooks::validate_runbooks(args.positional_all("FILE"), runbook_library(context), context.clock);
  return finished(std::move(report), context);
}

Result<Outcome> workflows_run(const Args& args, Context& context) {
  Report report = new_report(context, "validate workflows");
  report.results = validate_workflows(args.positional_all("FILE"), context);
  return finished(std::move(report), context);
}

/// What rests on a setting that cannot be used is not judged; the setting itself has a finding elsewhere.
void add_all(std::vector<CheckResult>& results, std::string id,
             const std::function<std::vector<CheckResult>()>& part) {
  try {
    for (CheckResult& result : part()) results.push_back(std::move(result));
  } catch (const UnusableSetting& unusable) {
    CheckResult result = check_unknown(unusable.error());
    result.id = std::move(id);
    results.push_back(std::move(result));
  }
}

Result<Outcome> all(const Args&, Context& context) {
  Report report = new_report(context, "validate all");
  auto& results = report.results;
  results.push_back(config_result(context));
  add_all(results, "env", [&] { return env_results({}, context); });
  add_all(results, "timeouts", [&] {
    return std::vector{timed(context.clock, [&] {
      return checks::validate_timeouts(context.config, context.config.text("timeouts.profile"));
    })};
  });
  add_all(results, "runbooks",
          [&] { return runbooks::validate_runbooks({}, runbook_library(context), context.clock); });
  add_all(results, "workflows", [&] { return validate_workflows({}, context); });
  return finished(std::move(report), context);
}

constexpr cli::Option k_timeout_options[] = {
    {.name = "--profile", .value = "P", .help = "judge by this timeout profile", .values = "@profiles"},
    {.name = "--all-profiles", .help = "judge by every profile"},
    {.name = "--explain", .help = "what the documents say and where they contradict each other"}};
constexpr cli::Option k_config_options[] = {
    {.name = "--purpose",
     .value = "WHAT",
     .help = "what it is for: a server that listens, or one on standard input, which needs no keys and ports",
     .values = "serve|stdio",
     .default_value = "serve"}};
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

const Registered<cli::Command> k_timeouts{
    cli::Command{.path = "validate timeouts",
                 .group = "Validate",
                 .summary = "judges the timeout hierarchy as the server does at its start",
                 .options = k_timeout_options,
                 .waits = false,
                 .recording = cli::Recording::asked,
                 .run = timeouts_run}};
const Registered<cli::Command> k_env{cli::Command{.path = "validate env",
                                                  .group = "Validate",
                                                  .summary = "judges env files: format, names and values",
                                                  .positionals = k_env_files,
                                                  .waits = false,
                                                  .recording = cli::Recording::asked,
                                                  .run = env}};
const Registered<cli::Command> k_config{cli::Command{.path = "validate config",
                                                     .group = "Validate",
                                                     .summary = "judges the settings of all sources together",
                                                     .options = k_config_options,
                                                     .waits = false,
                                                     .recording = cli::Recording::asked,
                                                     .run = config}};
const Registered<cli::Command> k_runbooks{cli::Command{.path = "validate runbooks",
                                                       .group = "Validate",
                                                       .summary = "judges runbooks before anyone runs them",
                                                       .positionals = k_runbook_files,
                                                       .waits = false,
                                                       .recording = cli::Recording::asked,
                                                       .run = runbooks_run}};
const Registered<cli::Command> k_workflows{
    cli::Command{.path = "validate workflows",
                 .group = "Validate",
                 .summary = "judges workflow tools before a server loads them",
                 .positionals = k_workflow_files,
                 .waits = false,
                 .recording = cli::Recording::asked,
                 .run = workflows_run}};
const Registered<cli::Command> k_all{
    cli::Command{.path = "validate all",
                 .group = "Validate",
                 .summary = "settings, env files, timeouts, runbooks and workflows",
                 .waits = false,
                 .recording = cli::Recording::asked,
                 .run = all}};

}  // namespace
}  // namespace exai::commands
