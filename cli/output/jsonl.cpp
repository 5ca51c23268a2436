#include "cli/output/json_report.hpp"

namespace exai::cli {
namespace jsonl_writer {
namespace {

std::string event(const char* name, Ordered fields) {
  Ordered line{{"event", name}};
  line.update(fields);
  return dump(line, -1) + "\n";
}

std::string begin(const Report& report, std::size_t total) {
  Ordered head = report_head_json(report);
  head.erase("duration_ms");
  head["total"] = total;
  return event("started", std::move(head));
}

std::string one(const CheckResult& result, std::size_t /*number*/) {
  return event("result", result_json(result));
}

std::string end(const Report& report, ExitCode code, std::size_t /*planned*/) {
  std::string out;
  for (const std::string& note : report.notes) out += event("note", {{"text", note}});
  Ordered tail{{"run_id", report.run_id}, {"duration_ms", millis_of(report.duration)}};
  tail.update(report_tail_json(report, code));
  return out + event("finished", std::move(tail));
}

constexpr PieceWriter k_pieces{begin, one, end};

std::string write_report(const Report& report, const Look&, ExitCode code) {
  std::string out = begin(report, report.results.size());
  for (const CheckResult& result : report.results) out += one(result, 0);
  return out + end(report, code, report.results.size());
}

std::string write_table(const Table& table, const Look&) {
  std::string out;
  for (const auto& row : table.rows) out += dump(row_json(table, row), -1) + "\n";
  return out;
}

const Registered<Writer> k_writer{Writer{.format = "jsonl",
                                         .help = "one JSON object a line: started, result, finished",
                                         .report = write_report,
                                         .table = write_table,
                                         .pieces = &k_pieces}};

}  // namespace
}  // namespace jsonl_writer
}  // namespace exai::cli
