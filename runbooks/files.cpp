#include "runbooks/files.hpp"

#include "core/check.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/yaml.hpp"
#include "runbooks/embedded.hpp"
#include "runbooks/plan.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::runbooks {
namespace {

struct RunbookSource {
  std::string text, file;
};

Result<RunbookSource> find_source(const std::string& name, const Library& library) {
  const bool is_path =
      name.find('/') != std::string::npos || name.ends_with(".yaml") || name.ends_with(".yml");
  std::filesystem::path path(name);
  std::error_code error;
  if (!is_path) path = library.root / "runbooks" / (name + ".yaml");
  if (is_path || std::filesystem::exists(path, error)) {
    auto text = io::read_file(path, std::uint64_t{4} << 20U);
    if (!text) return fail(std::move(text).error());
    return RunbookSource{std::move(*text), path.string()};
  }
  std::vector<std::string> known;
  for (const auto& embedded : embedded_runbooks()) {
    if (embedded.name == name)
      return RunbookSource{std::string(embedded.text), fmt::format("runbooks/{}.yaml", name)};
    known.emplace_back(embedded.name);
  }
  const std::string near = did_you_mean(name, known);
  return fail(ErrorKind::usage, fmt::format("there is no runbook \"{}\"", printable(name)),
              near.empty() ? "exai runbook list" : near);
}

Result<Runbook> read_source(const RunbookSource& source, const Library& library,
                            std::vector<Finding>& findings) {
  const auto document = io::parse_yaml(source.text, source.file);
  if (!document) return fail(document.error());
  return read_runbook(*document, source.file, library.judge, findings);
}

CheckResult judge_source(const RunbookSource& source, const Library& library) {
  std::vector<Finding> findings;
  const auto runbook = read_source(source, library, findings);
  CheckResult result;
  result.id = "runbook." + std::filesystem::path(source.file).stem().string();
  result.title = "the runbook can be run";
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
    const std::size_t steps = count_steps(*runbook);
    result.summary = fmt::format("{}, {} step{} in {} group{}", runbook->title, steps, steps == 1 ? "" : "s",
                                 runbook->groups.size(), runbook->groups.size() == 1 ? "" : "s");
  }
  return result;
}

}  // namespace

Result<Runbook> load_runbook(const std::string& name, const Library& library) {
  const auto source = find_source(name, library);
  if (!source) return fail(source.error());
  std::vector<Finding> findings;
  auto runbook = read_source(*source, library, findings);
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

std::vector<CheckResult> validate_runbooks(const std::vector<std::string>& files, const Library& library,
                                           const Clock& clock) {
  std::vector<CheckResult> results;
  if (files.empty())
    for (const auto& embedded : embedded_runbooks())
      results.push_back(timed(clock, [&] {
        return judge_source({std::string(embedded.text), fmt::format("runbooks/{}.yaml", embedded.name)},
                            library);
      }));
  for (const std::string& file : files) {
    results.push_back(timed(clock, [&] {
      const auto source = find_source(file, library);
      if (source) return judge_source(*source, library);
      CheckResult result = check_unknown(source.error());
      result.id = "runbook." + std::filesystem::path(file).stem().string();
      return result;
    }));
  }
  return results;
}

}  // namespace exai::runbooks
