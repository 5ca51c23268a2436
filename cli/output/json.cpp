#include "cli/output/json_report.hpp"
#include "core/redact.hpp"
#include "core/utc.hpp"

#include <cmath>

namespace exai::cli {
namespace {

Ordered location_json(const Location& where) {
  return {{"file", where.file}, {"line", where.line}, {"column", where.column}};
}

/// JSON has no infinity and no NaN.
void put_number(Ordered& object, const char* key, const std::optional<double>& number) {
  if (number && std::isfinite(*number)) object[key] = *number;
}

Ordered fact_json(const Fact& fact) {
  Ordered out{{"name", fact.name}, {"text", fact.text}};
  put_number(out, "number", fact.number);
  if (!fact.unit.empty()) out["unit"] = fact.unit;
  put_number(out, "warn", fact.warn);
  put_number(out, "crit", fact.crit);
  return out;
}

Ordered finding_json(const Finding& finding) {
  Ordered out{{"severity", std::string(to_string(finding.severity))},
              {"rule", finding.rule},
              {"message", finding.message}};
  if (finding.where) out["location"] = location_json(*finding.where);
  if (!finding.hint.empty()) out["hint"] = finding.hint;
  return out;
}

std::string_view cause_word(Cause cause) {
  switch (cause) {
    case Cause::none:
      return "";
    case Cause::config:
      return "config";
    case Cause::human:
      return "human";
    case Cause::refused:
      return "refused";
    case Cause::budget:
      return "budget";
    case Cause::internal:
      return "internal";
    case Cause::tolerated:
      return "tolerated";
  }
  return "";
}

std::string write_json_report(const Report& report, const Look&, ExitCode code) {
  Ordered out = report_head_json(report);
  out["results"] = Ordered::array();
  for (const CheckResult& result : report.results) out["results"].push_back(result_json(result));
  if (!report.notes.empty()) out["notes"] = report.notes;
  out.update(report_tail_json(report, code));
  return dump(out, 2) + "\n";
}

std::string write_json_table(const Table& table, const Look&) {
  Ordered out{{"schema", "exai.table/1"}, {"columns", table.columns}, {"rows", Ordered::array()}};
  for (const auto& row : table.rows) out["rows"].push_back(row_json(table, row));
  return dump(out, 2) + "\n";
}

const Registered<Writer> k_json_writer{
    Writer{.format = "json",
           .help = "one object, schema exai.report/1 (lists: exai.table/1)",
           .report = write_json_report,
           .table = write_json_table}};

}  // namespace

std::string report_as_json(const Report& report, ExitCode code, const Config& config) {
  return Redactor(config.secrets()).apply(write_json_report(report, Look{}, code));
}

std::string dump(const Ordered& value, int indent) {
  return value.dump(indent, ' ', false, Ordered::error_handler_t::replace);
}

Ordered result_json(const CheckResult& result) {
  Ordered out{{"id", result.id}, {"title", result.title}, {"status", std::string(to_string(result.status))}};
  if (!result.group.empty()) out["group"] = result.group;
  if (result.cause != Cause::none) out["cause"] = std::string(cause_word(result.cause));
  out["summary"] = result.summary;
  if (!result.hint.empty()) out["hint"] = result.hint;
  if (!result.source.empty()) out["source"] = result.source;
  out["started"] = format_utc(result.started);
  out["duration_ms"] = millis_of(result.duration);
  out["facts"] = Ordered::array();
  for (const Fact& fact : result.facts) out["facts"].push_back(fact_json(fact));
  out["findings"] = Ordered::array();
  for (const Finding& finding : result.findings) out["findings"].push_back(finding_json(finding));
  return out;
}

Ordered report_head_json(const Report& report) {
  return {{"schema", "exai.report/1"},
          {"version", report.version},
          {"title", report.title},
          {"run_id", report.run_id},
          {"host", report.host},
          {"profile", report.profile},
          {"started", format_utc(report.started)},
          {"duration_ms", millis_of(report.duration)}};
}

Ordered report_tail_json(const Report& report, ExitCode code) {
  Ordered counts{{"total", report.results.size()}};
  for (const Status status : {Status::pass, Status::warn, Status::fail, Status::unknown, Status::skip})
    counts[std::string(to_string(status))] = report.count(status);
  return {
      {"summary", counts}, {"verdict", std::string(to_string(report.verdict()))}, {"exit_code", int(code)}};
}

Ordered row_json(const Table& table, const std::vector<std::string>& row) {
  Ordered out = Ordered::object();
  for (std::size_t at = 0; at < table.columns.size() && at < row.size(); ++at)
    out[table.columns[at]] = row[at];
  return out;
}

}  // namespace exai::cli
