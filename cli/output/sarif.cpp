#include "cli/output/json_report.hpp"

#include <set>

#include <fmt/core.h>

namespace exai::cli {
namespace {

const char* level(Status severity) {
  if (severity == Status::fail) return "error";
  return severity == Status::warn || severity == Status::unknown ? "warning" : "note";
}

/// A file as a URI: what is not a letter, digit or harmless sign is percent-encoded.
std::string uri_of(const std::string& file) {
  constexpr std::string_view k_plain = "/._-~";
  std::string out = file.rfind('/', 0) == 0 ? "file://" : "";
  for (const char c : file) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (alnum || k_plain.find(c) != std::string_view::npos)
      out += c;
    else
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

Ordered sarif_result(const std::string& rule, const Finding& finding) {
  Ordered location{{"artifactLocation", {{"uri", uri_of(finding.where->file)}}}};
  if (finding.where->line > 0) {
    location["region"]["startLine"] = finding.where->line;
    if (finding.where->column > 0) location["region"]["startColumn"] = finding.where->column;
  }
  std::string text = finding.message;
  if (!finding.hint.empty()) text += "; try " + finding.hint;
  Ordered out{{"ruleId", rule}, {"level", level(finding.severity)}, {"message", {{"text", text}}}};
  out["locations"] = Ordered::array({Ordered{{"physicalLocation", std::move(location)}}});
  return out;
}

std::string write_sarif_report(const Report& report, const Look&, ExitCode) {
  std::set<std::string> rule_ids;
  Ordered results = Ordered::array();
  for (const CheckResult& result : report.results)
    for (const Finding& finding : result.findings) {
      if (!finding.where || finding.where->file.empty() || finding.severity == Status::pass) continue;
      const std::string rule = finding.rule.empty() ? result.id : finding.rule;
      rule_ids.insert(rule);
      results.push_back(sarif_result(rule, finding));
    }
  Ordered rules = Ordered::array();
  for (const std::string& id : rule_ids) rules.push_back(Ordered{{"id", id}});
  const Ordered driver{{"name", "exai"}, {"version", report.version}, {"rules", std::move(rules)}};
  Ordered run{{"tool", {{"driver", driver}}}};
  run["results"] = std::move(results);
  Ordered out{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"}, {"version", "2.1.0"}};
  out["runs"] = Ordered::array({std::move(run)});
  return dump(out, 2) + "\n";
}

const Registered<Writer> k_sarif_writer{Writer{.format = "sarif",
                                               .help = "SARIF 2.1.0 of the findings that stand in a file",
                                               .report = write_sarif_report,
                                               .table = nullptr}};

}  // namespace
}  // namespace exai::cli
