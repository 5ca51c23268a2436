#include "cli/output/layout.hpp"
#include "core/utc.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : one_line(text, Look{})) {
    if (c == '|' || c == '\\' || c == '`' || c == '*' || c == '_' || c == '<') out += '\\';
    out += c;
  }
  return out;
}

std::string line(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& each : cells) out += fmt::format(" {} |", each);
  return out + "\n";
}

std::string markdown_details(const CheckResult& result) {
  std::string out;
  for (const Finding& finding : result.findings) {
    const std::string place = finding.where ? fmt::format("`{}` ", to_string(*finding.where)) : "";
    out += fmt::format("  - {}{}\n", place, cell(finding.message));
  }
  if (!result.hint.empty()) out += fmt::format("  - try {}\n", cell(result.hint));
  return out.empty() ? out : fmt::format("- **{}**\n{}", cell(result.id), out);
}

std::string write_markdown_report(const Report& report, const Look&, ExitCode) {
  std::string out = fmt::format("# exai {}: {}\n\n", cell(report.title), status_word(report.verdict()));
  out += fmt::format("{} on {}, exai {}, {}\n\n", format_utc(report.started), cell(report.host),
                     report.version, shown_time(report.duration));
  out += line({"status", "check", "summary", "time"}) + line({"---", "---", "---", "---"});
  for (const CheckResult& result : report.results)
    out += line({std::string(status_word(result.status)), cell(result.id), cell(result.summary),
                 shown_time(result.duration)});
  std::string below;
  for (const CheckResult& result : report.results)
    if (result.status != Status::pass && result.status != Status::skip) below += markdown_details(result);
  if (!below.empty()) out += "\n" + below;
  if (!report.notes.empty()) {
    out += "\n```\n";
    for (const std::string& note : report.notes) out += one_line(note, Look{}) + "\n";
    out += "```\n";
  }
  return out;
}

std::string write_markdown_table(const Table& table, const Look&) {
  std::string out = line(table.columns) + line(std::vector<std::string>(table.columns.size(), "---"));
  for (const auto& row : table.rows) {
    std::vector<std::string> cells;
    for (const std::string& each : row) cells.push_back(cell(each));
    out += line(cells);
  }
  return out;
}

const Registered<Writer> k_markdown_writer{Writer{.format = "markdown",
                                                  .help = "a report to paste",
                                                  .report = write_markdown_report,
                                                  .table = write_markdown_table}};

}  // namespace
}  // namespace exai::cli
