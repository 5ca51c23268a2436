// A report written while it is made: formats of one piece a result, on standard output.
#pragma once

#include "cli/output/writer.hpp"
#include "core/redact.hpp"

#include <set>
#include <string>
#include <vector>

namespace exai::cli {

/// Gives each result to the writer on standard output as it comes, when that writer works piece by piece
/// (tap, jsonl); else it does nothing and the whole report is written at the end.
class ReportStream {
 public:
  ReportStream(const std::vector<Sink>& sinks, const Out& out, const Globals& globals, Redactor redactor);
  /// Once, before the first result; `total` results are planned.
  void begin(const Report& head, std::size_t total);
  void result(const CheckResult& result);
  [[nodiscard]] bool begun() const { return begun_; }
  /// What is left to be written when the report is done.
  void finish(const Report& report, ExitCode code);

 private:
  void write(const std::string& text) const;

  const PieceWriter* pieces_ = nullptr;
  const Out& out_;
  Redactor redactor_;
  bool begun_ = false;
  std::size_t planned_ = 0;
  std::set<std::string> written_;
};

}  // namespace exai::cli
