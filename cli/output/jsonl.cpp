#include "cli/output/json_report.hpp"

namespace exai::cli {
namespace {

std::string event(const char* name, Ordered fields) {
  Ordered line{{"event", name}};
  line.update(fields);
  return dump(line, -1) + "\n";
}

std::string begin_json_lines(const Report& report, std::size_t total) {
  Ordered head = report_head_json(report);
  head.erase("duration_ms");
  head["total"] = total;
  return event("started", std::move(head));
}

std::string one(const CheckResult& result, std::size_t /*number*/) {
  return event("result", result_json(result));
}

std::string end_json_lines(const Report& report, ExitCode code, std::size_t /*planned*/) {
  std::string out;
  for (const std::string& note : report.notes) out += event("note", {{"text", note}});
  Ordered tail{{"run_id", report.run_id}, {"duration_ms", millis_of(report.duration)}};
  tail.update(report_tail_json(report, code));
  return out + event("finished", std::move(tail));
}

constexpr PieceWriter k_jsonl_pieces{begin_json_lines, one, end_json_lines};

std::string write_jsonl_report(const Report& report, const Look&, ExitCode code) {
  std::string out = begin_json_lines(report, report.results.size());
  for (const CheckResult& result : report.results) out += one(result, 0);
  return out + end_json_lines(report, code, report.results.size());
}

std::string write_jsonl_table(const Table& table, const Look&) {
  std::string out;
  for (const auto& row : table.rows) out += dump(row_json(table, row), -1) + "\n";
  return out;
}

const Registered<Writer> k_jsonl_writer{Writer{.format = "jsonl",
                                               .help = "one JSON object a line: started, result, finished",
                                               .report = write_jsonl_report,
                                               .table = write_jsonl_table,
                                               .pieces = &k_jsonl_pieces}};

}  // namespace
}  // namespace exai::cli
