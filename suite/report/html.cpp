#include "suite/report/html.hpp"

#include "core/text.hpp"
#include "core/utc.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::suite {
namespace {

constexpr std::string_view k_style =
    R"(:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#57606a;--line:#d0d7de;--ok:#1a7f37;--bad:#cf222e;--warn:#9a6700;--skip:#8c959f;--bar:#0969da}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--fg:#e6edf3;--dim:#9198a1;--line:#30363d;--ok:#3fb950;--bad:#f85149;--warn:#d29922;--skip:#6e7681;--bar:#58a6ff}}
*{box-sizing:border-box}body{margin:0 auto;max-width:72rem;padding:1.5rem;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}p{color:var(--dim);margin:.2rem 0}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;margin:1rem 0}.tile{border:1px solid var(--line);border-radius:8px;padding:.5rem 1rem;min-width:7rem}
.tile b{display:block;font-size:1.4rem}.pass{color:var(--ok)}.fail,.unknown{color:var(--bad)}.warn{color:var(--warn)}.skip{color:var(--skip)}
svg{max-width:100%;height:auto}svg text{fill:var(--fg);font:12px system-ui,sans-serif}
table{border-collapse:collapse;width:100%}td,th{border-bottom:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
td:first-child{white-space:nowrap}summary{cursor:pointer;padding:.3rem 0})";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char byte : printable(text)) {
    if (byte == '&')
      out += "&amp;";
    else if (byte == '<')
      out += "&lt;";
    else if (byte == '>')
      out += "&gt;";
    else if (byte == '"')
      out += "&quot;";
    else
      out += byte;
  }
  return out;
}

/// All results of one tool.
struct ToolRow {
  std::string tool;
  std::size_t passed = 0, failed = 0, skipped = 0;
  double seconds = 0;
  std::vector<const CheckResult*> results{};
};

std::vector<ToolRow> rows_of(const Report& report) {
  std::vector<ToolRow> rows;
  for (const CheckResult& result : report.results) {
    if (rows.empty() || rows.back().tool != result.group) rows.push_back({result.group});
    ToolRow& row = rows.back();
    row.results.push_back(&result);
    row.seconds += std::chrono::duration<double>(result.duration).count();
    if (result.status == Status::skip)
      ++row.skipped;
    else if (result.status == Status::pass || result.status == Status::warn)
      ++row.passed;
    else
      ++row.failed;
  }
  return rows;
}

constexpr int k_row = 22, k_label = 190, k_width = 520;  // pixels of the drawings

std::string bar(int left, int top, double width, std::string_view colour) {
  return fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"14\" rx=\"2\" fill=\"var(--{})\"/>",
                     left, top, width, colour);
}

std::string drawing(std::string_view title, const std::vector<ToolRow>& rows,
                    const std::function<std::string(const ToolRow&, int)>& draw) {
  std::string out =
      fmt::format("<h2>{0}</h2><svg role=\"img\" aria-label=\"{0}\" viewBox=\"0 0 {1} {2}\" width=\"{1}\">",
                  title, k_label + k_width + 130, k_row * int(rows.size()) + 4);
  int top = 2;
  for (const ToolRow& row : rows) {
    out += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>", k_label - 8, top + 12,
                       escaped(row.tool));
    out += draw(row, top);
    top += k_row;
  }
  return out + "</svg>";
}

std::string rate_row(const ToolRow& row, int top) {
  const double all = static_cast<double>(std::max<std::size_t>(row.passed + row.failed, 1));
  const double good = k_width * static_cast<double>(row.passed) / all;
  std::string out;
  if (row.passed > 0) out += bar(k_label, top, good, "ok");
  if (row.failed > 0) out += bar(k_label + int(good), top, k_width - good, "bad");
  const std::string words = row.passed + row.failed == 0
                                ? fmt::format("{} skipped", row.skipped)
                                : fmt::format("{} of {}", row.passed, row.passed + row.failed);
  return out + fmt::format("<text x=\"{}\" y=\"{}\">{}</text>", k_label + k_width + 8, top + 12, words);
}

std::string tile(std::string_view what, std::string_view value, std::string_view style = {}) {
  return fmt::format("<div class=\"tile\"><b class=\"{}\">{}</b>{}</div>", style, value, what);
}

std::string tool_table(const ToolRow& row) {
  std::string out = fmt::format(
      "<details{}><summary><b>{}</b> <span class=\"pass\">{} passed</span>, <span class=\"{}\">{} failed"
      "</span>, <span class=\"skip\">{} skipped</span></summary><table>",
      row.failed > 0 ? " open" : "", escaped(row.tool), row.passed, row.failed > 0 ? "fail" : "skip",
      row.failed, row.skipped);
  for (const CheckResult* result : row.results) {
    const std::string_view word = to_string(result->status);
    std::string told = escaped(result->summary);
    for (std::size_t at = 1; at < result->findings.size(); ++at)
      told += "<br>" + escaped(result->findings[at].message);
    out += fmt::format("<tr><td class=\"{0}\">{0}</td><td>{1}</td><td>{2}</td><td>{3:.2f} s</td></tr>", word,
                       escaped(result->title), told, std::chrono::duration<double>(result->duration).count());
  }
  return out + "</table></details>";
}

}  // namespace

std::string html_page(const Report& report) {
  const std::vector<ToolRow> all = rows_of(report);
  std::vector<ToolRow> tools;
  std::size_t passed = 0, failed = 0, skipped = 0;
  double longest = 0.001;
  for (const ToolRow& row : all) {
    if (row.tool == "suite") continue;
    tools.push_back(row);
    passed += row.passed;
    failed += row.failed;
    skipped += row.skipped;
    longest = std::max(longest, row.seconds);
  }
  const double rate =
      100.0 * static_cast<double>(passed) / static_cast<double>(std::max<std::size_t>(passed + failed, 1));
  std::string out = fmt::format(
      "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>{0}</title><style>{1}</style><h1>{0}</h1><p>{2}, exai {3}, {4}"
      "</p><div class=\"tiles\">",
      escaped(report.title), k_style, escaped(report.host), escaped(report.version),
      format_utc(report.started));
  out += tile("pass rate", fmt::format("{:.1f} %", rate), failed == 0 ? "pass" : "fail") +
         tile("passed", std::to_string(passed), "pass") +
         tile("failed", std::to_string(failed), failed > 0 ? "fail" : "skip") +
         tile("skipped", std::to_string(skipped), "skip") +
         tile("time", fmt::format("{:.1f} s", std::chrono::duration<double>(report.duration).count())) +
         "</div>";
  for (const CheckResult& result : report.results)
    if (result.group == "suite")
      out += fmt::format("<p><span class=\"{0}\">{0}</span> {1}: {2}</p>", to_string(result.status),
                         escaped(result.title), escaped(result.summary));
  out += drawing("Pass rate by tool", tools, rate_row);
  out += drawing("Duration by tool", tools, [&](const ToolRow& row, int top) {
    return bar(k_label, top, std::max(1.0, k_width * row.seconds / longest), "bar") +
           fmt::format("<text x=\"{}\" y=\"{}\">{:.2f} s</text>", k_label + k_width + 8, top + 12,
                       row.seconds);
  });
  out += "<h2>Cases</h2>";
  for (const ToolRow& row : tools) out += tool_table(row);
  return out + "</html>\n";
}

}  // namespace exai::suite
