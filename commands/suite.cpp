#include "commands/common.hpp"
#include "commands/mcp_session.hpp"
#include "core/file_names.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "io/files.hpp"
#include "suite/surface/diff.hpp"
#include "suite/surface/sarif.hpp"
#include "suite/surface/scan.hpp"
#include "suite/surface/surface.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

constexpr std::string_view k_lock_file = "mcp-surface.json";
constexpr Millis k_file_patience{30'000};  // of a pipe's writer or reader

bool names_server(const Args& args) {
  return args.has("--server") || args.has("--stdio");
}

/// Reads the surface of the server that the flags name and hands it to the body.
Result<Outcome> with_live_surface(const Args& args, Context& context,
                                  const std::function<Result<Outcome>(suite::Surface)>& body) {
  return mcp_session::with_session(args, context, {}, [&](mcp_session::Session& session) -> Result<Outcome> {
    auto surface = suite::read_surface(*session.client, session.deadline, context.stop);
    if (!surface) return fail(std::move(surface).error());
    return body(std::move(*surface));
  });
}

Result<suite::Surface> surface_of_file(const std::string& file) {
  return suite::read_surface_file(file, Deadline::after(k_file_patience));
}

std::string counted_entries(const suite::Surface& surface) {
  std::vector<std::string> parts;
  for (const suite::SurfaceList& list : suite::k_surface_lists)
    if (const std::size_t count = (surface.*list.entries).size(); count > 0)
      parts.push_back(
          fmt::format("{} {}", count, list.name == "resourceTemplates" ? "templates" : list.name));
  return parts.empty() ? "nothing" : join(parts, ", ");
}

Result<Outcome> lock(const Args& args, Context& context) {
  return with_live_surface(args, context, [&](suite::Surface surface) -> Result<Outcome> {
    const std::string file = args.option("--file").value_or(std::string(k_lock_file));
    auto text = suite::surface_text(surface);
    if (!text) return fail(text.error());
    if (file == "-") return text_outcome(*text, *text);
    const auto before =
        io::is_there(file) ? io::read_file(file, suite::k_surface_bytes) : Result<std::string>("");
    const bool same = before && *before == *text;
    if (!same && !context.globals.dry_run)
      if (auto written = suite::write_surface_file(file, surface); !written) return fail(written.error());
    const std::string_view done = same                      ? "is up to date"
                                  : context.globals.dry_run ? "would be written"
                                                            : "written";
    return text_outcome(fmt::format("{} {}: {} {} with {}\n", printable(file), done, printable(surface.name),
                                    printable(surface.version), counted_entries(surface)),
                        dump_json(Json{{"schema", "exai.lock/1"},
                                       {"file", file},
                                       {"changed", !same},
                                       {"server", surface.name},
                                       {"version", surface.version},
                                       {"tools", surface.tools.size()},
                                       {"prompts", surface.prompts.size()},
                                       {"resources", surface.resources.size()},
                                       {"templates", surface.templates.size()}}));
  });
}

/// Changes as findings: what the flag says fails, all else is a note.
CheckResult judged_changes(const std::vector<suite::SurfaceChange>& changes, suite::ChangeKind fails_on,
                           const std::string& file) {
  CheckResult result = result_of("suite.diff", "the server shows what its file says", Status::pass, "");
  std::size_t count[3] = {};
  for (const suite::SurfaceChange& change : changes) {
    ++count[static_cast<std::size_t>(change.kind)];
    Finding finding;
    finding.severity = change.kind <= fails_on ? Status::fail : Status::skip;
    finding.rule = fmt::format("surface.{}", suite::to_string(change.kind));
    finding.message =
        printable(fmt::format("{}: {} {}", suite::to_string(change.kind), change.place, change.why));
    if (!file.empty()) finding.where = Location{file};
    if (finding.severity == Status::fail) result.status = Status::fail;
    result.findings.push_back(std::move(finding));
  }
  result.summary = changes.empty()
                       ? "nothing changed"
                       : fmt::format("{} breaking, {} compatible, {} wording", count[0], count[1], count[2]);
  if (result.status == Status::fail)
    result.hint = "exai suite lock writes the file anew, once the changes are wanted";
  return result;
}

Result<Outcome> compared(const suite::Surface& before, const suite::Surface& after, const std::string& file,
                         const Args& args, Context& context) {
  const auto fails_on = suite::change_kind(args.option("--fail-on").value_or("breaking"));
  Report report = new_report(context, "suite diff");
  report.results.push_back(timed(context.clock, [&] {
    return judged_changes(suite::compare_surfaces(before, after),
                          fails_on.value_or(suite::ChangeKind::breaking), file);
  }));
  // Findings of a pass are not shown, and these are what was asked for.
  if (report.results[0].status == Status::pass)
    for (const Finding& finding : report.results[0].findings) report.notes.push_back(finding.message);
  return finished(std::move(report), context);
}

Result<Outcome> diff(const Args& args, Context& context) {
  const std::string old_file = args.positional("OLD", std::string(k_lock_file));
  const std::string new_file = args.positional("NEW");
  if (!new_file.empty() && names_server(args))
    return fail(ErrorKind::usage, "NEW and a server are two things to compare OLD with", "give one");
  const auto before = surface_of_file(old_file);
  if (!before) return fail(before.error());
  if (new_file.empty())
    return with_live_surface(args, context, [&](const suite::Surface& after) {
      return compared(*before, after, old_file, args, context);
    });
  const auto after = surface_of_file(new_file);
  if (!after) return fail(after.error());
  return compared(*before, *after, new_file, args, context);
}

/// What is scanned, with the texts of the files that it came from.
struct Scanned {
  std::vector<suite::ScanInput> inputs;
  std::vector<std::string> texts;
};

/// A list of results of tools/call, or one alone.
Result<Json> read_answers(const std::string& file) {
  const auto text = io::read_file(file, suite::k_surface_bytes, Deadline::after(k_file_patience));
  if (!text) return fail(text.error());
  auto json = parse_foreign_json(*text, k_file_depth);
  if (!json)
    return fail(ErrorKind::config, fmt::format("{} is {}", printable(file), json.error().message),
                "exai tool call NAME --json gives one answer, a JSON list holds several");
  return json->is_array() ? std::move(*json) : Json::array({std::move(*json)});
}

Result<Scanned> read_scanned(const std::vector<std::string>& files) {
  Scanned scanned;
  for (const std::string& file : files) {
    auto text = io::read_file(file, suite::k_surface_bytes, Deadline::after(k_file_patience));
    if (!text) return fail(text.error());
    auto surface = suite::parse_surface(*text, printable(file));
    if (!surface) return fail(surface.error());
    scanned.inputs.push_back({file, std::move(*surface)});
    scanned.texts.push_back(std::move(*text));
  }
  return scanned;
}

Status status_of(suite::ScanSeverity severity, suite::ScanSeverity fails_on) {
  if (severity <= fails_on) return Status::fail;
  return severity == suite::ScanSeverity::note ? Status::skip : Status::warn;
}

CheckResult judged_findings(const std::vector<suite::ScanFinding>& findings, const Scanned& scanned,
                            suite::ScanSeverity fails_on) {
  CheckResult result = result_of("suite.scan", "what a model reads is harmless", Status::pass, "");
  std::vector<int> lines(findings.size(), 0);
  for (std::size_t input = 0; input < scanned.inputs.size(); ++input) {
    std::vector<std::string> pointers;
    for (const suite::ScanFinding& found : findings)
      pointers.push_back(found.input == input ? found.pointer : "");
    const std::vector<int> own = suite::lines_of(scanned.texts[input], pointers);
    for (std::size_t at = 0; at < findings.size(); ++at)
      if (findings[at].input == input) lines[at] = own[at];
  }
  std::size_t count[3] = {};
  for (std::size_t at = 0; at < findings.size(); ++at) {
    const suite::ScanFinding& found = findings[at];
    ++count[static_cast<std::size_t>(found.severity)];
    Finding finding;
    finding.severity = status_of(found.severity, fails_on);
    finding.rule = found.rule;
    finding.message = fmt::format("{}: {}", found.rule, found.message);
    if (!found.excerpt.empty()) finding.message += ": " + found.excerpt;
    finding.message = printable(finding.message);
    if (!scanned.texts[found.input].empty())
      finding.where = Location{scanned.inputs[found.input].label, lines[at], 0};
    result.findings.push_back(std::move(finding));
  }
  result.status = worst(result.findings);
  if (result.status == Status::skip) result.status = Status::pass;
  std::size_t looked = 0;
  for (const suite::ScanInput& input : scanned.inputs) looked += input.surface.tools.size();
  result.summary =
      fmt::format("{} tools: {} errors, {} warnings, {} notes", looked, count[0], count[1], count[2]);
  if (result.status == Status::fail) result.hint = "--sarif FILE has the help of each rule";
  return result;
}

Result<Outcome> scanned_outcome(Scanned scanned, const Args& args, Context& context) {
  if (const auto file = args.option("--answers")) {
    auto answers = read_answers(*file);
    if (!answers) return fail(answers.error());
    scanned.inputs.front().answers = std::move(*answers);
  }
  const auto fails_on = suite::scan_severity(args.option("--fail-on").value_or("warning"));
  std::vector<suite::ScanFinding> findings;
  Report report = new_report(context, "suite scan");
  report.results.push_back(timed(context.clock, [&] {
    findings = suite::scan_surfaces(scanned.inputs);
    return judged_findings(findings, scanned, fails_on.value_or(suite::ScanSeverity::warning));
  }));
  if (const auto file = args.option("--sarif"); file && !context.globals.dry_run) {
    const std::string text = suite::sarif_text(findings, scanned.inputs, scanned.texts, version());
    if (auto written = io::write_output(*file, text, Deadline::after(k_file_patience)); !written)
      return fail(std::move(written).error().during("writing SARIF"));
  }
  if (report.results[0].status == Status::pass)
    for (const Finding& finding : report.results[0].findings) report.notes.push_back(finding.message);
  return finished(std::move(report), context);
}

Result<Outcome> scan(const Args& args, Context& context) {
  std::vector<std::string> files = args.positional_all("FILE");
  if (!names_server(args)) {
    if (files.empty()) files.emplace_back(k_lock_file);
    auto scanned = read_scanned(files);
    if (!scanned) return fail(scanned.error());
    return scanned_outcome(std::move(*scanned), args, context);
  }
  auto others = read_scanned(files);
  if (!others) return fail(others.error());
  return with_live_surface(args, context, [&](suite::Surface surface) {
    Scanned scanned = std::move(*others);
    std::string name = surface.name;
    scanned.inputs.insert(scanned.inputs.begin(), {std::move(name), std::move(surface)});
    scanned.texts.insert(scanned.texts.begin(), "");
    return scanned_outcome(std::move(scanned), args, context);
  });
}

constexpr std::array k_lock_own = {cli::Option{.name = "--file",
                                               .value = "FILE",
                                               .help = "where to write it; - is standard output",
                                               .values = "@files",
                                               .default_value = k_lock_file}};
constexpr auto k_lock_options = mcp_session::joined(k_lock_own, mcp_session::k_session_options);
constexpr std::array k_diff_own = {cli::Option{.name = "--fail-on",
                                               .value = "KIND",
                                               .help = "changes of this kind and worse ones fail",
                                               .values = "breaking|compatible|wording",
                                               .default_value = "breaking"}};
constexpr auto k_diff_options = mcp_session::joined(k_diff_own, mcp_session::k_session_options);
constexpr std::array k_scan_own = {
    cli::Option{.name = "--fail-on",
                .value = "SEVERITY",
                .help = "findings of this severity and worse ones fail",
                .values = "error|warning|note",
                .default_value = "warning"},
    cli::Option{.name = "--sarif",
                .value = "FILE",
                .help = "also write SARIF 2.1.0, with the help of each rule",
                .values = "@files"},
    cli::Option{.name = "--answers",
                .value = "FILE",
                .help = "answers of tools to scan as well: one result of tools/call, or a JSON list",
                .values = "@files"}};
constexpr auto k_scan_options = mcp_session::joined(k_scan_own, mcp_session::k_session_options);
constexpr cli::Positional k_diff_files[] = {
    {.name = "OLD", .help = "the file it is compared with; mcp-surface.json", .values = "@files"},
    {.name = "NEW", .help = "another file; none means the server", .values = "@files"}};
constexpr cli::Positional k_scan_files[] = {
    {.name = "FILE",
     .help = "files of the servers that one client uses together; mcp-surface.json",
     .values = "@files",
     .repeat = true}};

const Registered<cli::Command> k_suite_lock{
    cli::Command{.path = "suite lock",
                 .group = "Validate",
                 .summary = "writes what a server shows of itself into a file to commit",
                 .options = k_lock_options,
                 .effect = cli::Effect::writes,
                 .run = lock}};
const Registered<cli::Command> k_suite_diff{
    cli::Command{.path = "suite diff",
                 .group = "Validate",
                 .summary = "tells what changed since, and whom it breaks",
                 .options = k_diff_options,
                 .positionals = k_diff_files,
                 .recording = cli::Recording::asked,
                 .run = diff}};
const Registered<cli::Command> k_suite_scan{
    cli::Command{.path = "suite scan",
                 .group = "Validate",
                 .summary = "judges what a model reads of a server before it reads it",
                 .options = k_scan_options,
                 .positionals = k_scan_files,
                 .recording = cli::Recording::asked,
                 .run = scan}};

}  // namespace
}  // namespace exai::commands
