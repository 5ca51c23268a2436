#include "cli/output/layout.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

constexpr std::size_t k_status_width = 4;

bool bad(const CheckResult& result) {
  return result.status == Status::fail || result.status == Status::unknown;
}

bool shown(const CheckResult& result, const Look& look) {
  return look.quiet == 0 || bad(result) || (look.strict && result.status == Status::warn);
}

std::string facts(const CheckResult& result, const Look& look) {
  std::string out;
  std::size_t width = 0;
  for (const Fact& fact : result.facts) width = std::max(width, columns(fact.name));
  for (const Fact& fact : result.facts)
    out += fmt::format("      {}  {}\n", padded(one_line(fact.name, look), width), one_line(fact.text, look));
  return out;
}

std::string table_row(const CheckResult& result, std::size_t id_width, const Look& look) {
  const std::string time = shown_time(result.duration);
  const std::string id = padded(one_line(result.id, look), id_width);
  std::string summary = one_line(result.summary.empty() ? result.title : result.summary, look);
  if (look.cut) {
    constexpr std::size_t k_usual_time =
        7;  // "0.04 ms", "12.34 s": where a line is cut does not depend on it
    const std::size_t taken = k_status_width + 2 + id_width + 2 + 2 + std::max(time.size(), k_usual_time);
    const auto width = std::size_t(std::max(look.width, 40));
    summary = cut(summary, width > taken + 10 ? width - taken : 10, look.utf8);
  }
  const std::string word = padded(status_word(result.status), k_status_width);
  return fmt::format("{}  {}  {}  {}\n", coloured(word, result.status, look), id, summary, time);
}

/// What a person needs to act on one result: what was found where, and what to type.
std::string advice(const CheckResult& result, const Look& look) {
  std::string out;
  for (const Finding& finding : result.findings) {
    if (finding.severity == Status::pass) continue;
    std::string place = finding.where ? to_string(*finding.where) + "  " : "";
    out +=
        fmt::format("      {}  {}{}\n",
                    coloured(padded(status_word(finding.severity), k_status_width), finding.severity, look),
                    one_line(place, look), one_line(finding.message, look));
    if (!finding.hint.empty()) out += fmt::format("            try  {}\n", one_line(finding.hint, look));
  }
  const bool repeated = std::any_of(result.findings.begin(), result.findings.end(),
                                    [&](const Finding& finding) { return finding.hint == result.hint; });
  if (!result.hint.empty() && !repeated && result.status != Status::pass)
    out += fmt::format("      try   {}\n", one_line(result.hint, look));
  if (!result.source.empty() && result.status != Status::pass)
    out += fmt::format("      from  {}\n", one_line(result.source, look));
  return out;
}

std::string table_details(const Report& report, const Look& look) {
  std::string out;
  for (const CheckResult& result : report.results) {
    const bool warned = result.status == Status::warn && look.quiet == 0;
    if (!bad(result) && !warned) continue;
    const std::string text = advice(result, look);
    if (report.results.size() == 1) return text;
    if (!bad(result) && text.empty()) continue;
    out += fmt::format("\n{}  {}: {}\n",
                       coloured(padded(status_word(result.status), k_status_width), result.status, look),
                       one_line(result.id, look), one_line(result.summary, look));
    out += text;
  }
  return out;
}

std::string verdict(const Report& report, const Look& look) {
  const std::size_t total = report.results.size();
  std::vector<std::string> parts;
  if (total == 0) parts.emplace_back("nothing was checked");
  const auto add = [&](Status status, std::string_view word) {
    if (const std::size_t count = report.count(status); count > 0)
      parts.push_back(fmt::format("{} {}", count, word));
  };
  add(Status::fail, "failed");
  add(Status::unknown, "unknown");
  if (const std::size_t warnings = report.count(Status::warn); warnings > 0)
    parts.push_back(counted(warnings, "warning"));
  add(Status::pass, "ok");
  add(Status::skip, "skipped");
  const Status status = report.verdict();
  return fmt::format("{} {}: {} ({})\n", coloured(status_word(status), status, look),
                     one_line(report.title, look), join(parts, ", "), shown_time(report.duration));
}

std::string write_table_report(const Report& report, const Look& look, ExitCode) {
  std::size_t id_width = 0;
  for (const CheckResult& result : report.results)
    if (shown(result, look)) id_width = std::max(id_width, columns(result.id));
  std::string out;
  for (const CheckResult& result : report.results) {
    if (!shown(result, look)) continue;
    out += table_row(result, id_width, look);
    if (look.verbose > 0) out += facts(result, look);
  }
  out += table_details(report, look);
  if (!report.notes.empty() && look.quiet == 0) {
    out += "\n";
    for (const std::string& note : report.notes) out += printable(note) + "\n";
  }
  if (report.results.size() != 1 || !report.notes.empty() || look.quiet > 0) {
    if (!out.empty()) out += "\n";
    out += verdict(report, look);
  }
  return out;
}

std::string write_table_table(const Table& table, const Look& look) {
  std::vector<std::size_t> widths;
  for (const std::string& column : table.columns) widths.push_back(columns(column));
  for (const auto& table_row : table.rows)
    for (std::size_t at = 0; at < table_row.size() && at < widths.size(); ++at)
      widths[at] = std::max(widths[at], columns(one_line(table_row[at], look)));
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t at = 0; at < cells.size() && at < widths.size(); ++at) {
      const std::string cell = one_line(cells[at], look);
      text += at + 1 == widths.size() ? cell : padded(cell, widths[at]) + "  ";
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return (look.cut ? cut(text, std::size_t(std::max(look.width, 40)), look.utf8) : text) + "\n";
  };
  std::vector<std::string> heads;
  for (const std::string& column : table.columns) {
    std::string head = column;
    std::replace(head.begin(), head.end(), '_', ' ');
    std::transform(head.begin(), head.end(), head.begin(),
                   [](char c) { return char(c >= 'a' && c <= 'z' ? c - 32 : c); });
    heads.push_back(head);
  }
  std::string out;
  if (look.quiet == 0) out += line(heads);
  for (const auto& table_row : table.rows) out += line(table_row);
  return out;
}

const Registered<Writer> k_table_writer{
    Writer{.format = "table",
           .help = "one row a result, failures repeated at the end, for people",
           .report = write_table_report,
           .table = write_table_table}};

}  // namespace
}  // namespace exai::cli
