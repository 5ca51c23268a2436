#include "cli/output/json_report.hpp"

namespace exai::cli {
namespace jsonl_writer {
namespace {

std::string event(const char* name, Ordered fields) {
  Ordered line{{"event", name}};
  line.update(fields);
  return dump(line, -1) + "\n";
}

std::string write_report(const Report& report, const Look&, ExitCode code) {
  Ordered head = report_head_json(report);
  head.erase("duration_ms");
  head["total"] = report.results.size();
  std::string out = event("started", std::move(head));
  for (const CheckResult& result : report.results) out += event("result", result_json(result));
  for (const std::string& note : report.notes) out += event("note", {{"text", note}});
  Ordered tail{{"run_id", report.run_id}, {"duration_ms", report.duration.count()}};
  tail.update(report_tail_json(report, code));
  return out + event("finished", std::move(tail));
}

std::string write_table(const Table& table, const Look&) {
  std::string out;
  for (const auto& row : table.rows) out += dump(row_json(table, row), -1) + "\n";
  return out;
}

const Registered<Writer> k_writer{Writer{.format = "jsonl",
                                         .help = "one JSON object a line: started, result, finished",
                                         .report = write_report,
                                         .table = write_table}};

}  // namespace
}  // namespace jsonl_writer
}  // namespace exai::cli
