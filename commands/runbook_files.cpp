// Where runbooks come from, and what is wrong with them.
#include "cli/command_line.hpp"
#include "commands/runbook.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace runbook_files {
namespace {

const char* no_environment(const char* /*name*/) {
  return nullptr;
}

/// As the command line itself would read them, so that a slip is found before the first step runs.
Result<void> judge_command(const std::vector<std::string>& words) {
  const auto line = cli::read_command_line(words, no_environment);
  if (!line) return fail(line.error());
  if (line->command == nullptr && !line->version)
    return fail(ErrorKind::usage, "it names no command", "exai help lists the commands");
  return {};
}

struct Source {
  std::string text, file;
};

Result<Source> find_source(const std::string& name, const Context& context) {
  const bool is_path =
      name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml");
  std::filesystem::path path(name);
  std::error_code error;
  if (!is_path) path = context.root / "runbooks" / (name + ".yaml");
  if (is_path || std::filesystem::exists(path, error)) {
    auto text = io::read_file(path, std::uint64_t{4} << 20U);
    if (!text) return fail(std::move(text).error());
    return Source{std::move(*text), path.string()};
  }
  std::vector<std::string> known;
  for (const auto& embedded : runbooks::embedded_runbooks()) {
    if (embedded.name == name)
      return Source{std::string(embedded.text), fmt::format("runbooks/{}.yaml", name)};
    known.emplace_back(embedded.name);
  }
  const std::string near = did_you_mean(name, known);
  return fail(ErrorKind::usage, fmt::format("there is no runbook \"{}\"", printable(name)),
              near.empty() ? "exai runbook list" : near);
}

Result<runbooks::Runbook> read(const Source& source, std::vector<Finding>& findings) {
  const auto document = io::parse_yaml(source.text, source.file);
  if (!document) return fail(document.error());
  return runbooks::read_runbook(*document, source.file, judge_command, findings);
}

CheckResult judge(const Source& source) {
  std::vector<Finding> findings;
  const auto runbook = read(source, findings);
  CheckResult result = result_of("runbook." + std::filesystem::path(source.file).stem().string(),
                                 "the runbook can be run", Status::pass, "");
  result.group = "runbooks";
  if (!runbook) {
    Finding finding;
    finding.rule = "runbook.format";
    finding.message = runbook.error().message;
    finding.where = runbook.error().where;
    finding.hint = runbook.error().hint;
    if (std::none_of(findings.begin(), findings.end(),
                     [](const Finding& f) { return f.severity == Status::fail; }))
      findings.push_back(std::move(finding));
  }
  result.findings = std::move(findings);
  result.status = worst(result.findings);
  if (result.status == Status::fail) result.cause = Cause::config;
  if (!runbook)
    result.summary = fmt::format("{} cannot be run", source.file);
  else {
    std::size_t steps = 0;
    for (const auto& group : runbook->groups) steps += group.steps.size();
    result.summary = fmt::format("{}, {} step{} in {} group{}", runbook->title, steps, steps == 1 ? "" : "s",
                                 runbook->groups.size(), runbook->groups.size() == 1 ? "" : "s");
  }
  return result;
}

}  // namespace
}  // namespace runbook_files

Result<runbooks::Runbook> load_runbook(const std::string& name, const Context& context) {
  const auto source = runbook_files::find_source(name, context);
  if (!source) return fail(source.error());
  std::vector<Finding> findings;
  auto runbook = runbook_files::read(*source, findings);
  for (const Finding& finding : findings) {
    if (finding.severity != Status::fail) continue;
    Error error =
        make_error(ErrorKind::config, finding.message,
                   finding.hint.empty() ? fmt::format("exai validate runbooks {}", name) : finding.hint);
    error.where = finding.where;
    return fail(std::move(error));
  }
  return runbook;
}

std::vector<CheckResult> validate_runbooks(const std::vector<std::string>& files, const Context& context) {
  std::vector<CheckResult> results;
  if (files.empty())
    for (const auto& embedded : runbooks::embedded_runbooks())
      results.push_back(timed(context.clock, [&] {
        return runbook_files::judge(
            {std::string(embedded.text), fmt::format("runbooks/{}.yaml", embedded.name)});
      }));
  for (const std::string& file : files) {
    results.push_back(timed(context.clock, [&] {
      const auto source = runbook_files::find_source(file, context);
      if (source) return runbook_files::judge(*source);
      CheckResult result = check_unknown(source.error());
      result.id = "runbook." + std::filesystem::path(file).stem().string();
      return result;
    }));
  }
  return results;
}

}  // namespace exai::commands
