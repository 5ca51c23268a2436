#include "cli/report_stream.hpp"

namespace exai::cli {

ReportStream::ReportStream(const std::vector<Sink>& sinks, const Out& out, const Globals& globals,
                           Redactor redactor)
    : out_(out), redactor_(std::move(redactor)) {
  for (const Sink& sink : sinks)
    if (sink.file.empty() && globals.quiet < 2) pieces_ = sink.writer->pieces;
}

void ReportStream::write(const std::string& text) const {
  out_.write(redactor_.apply(text));
  (void)out_.flush();  // what could not be written is said at the end
}

void ReportStream::begin(const Report& head, std::size_t total) {
  if (pieces_ == nullptr || begun_) return;
  begun_ = true;
  planned_ = total;
  write(pieces_->begin(head, total));
}

void ReportStream::result(const CheckResult& result) {
  if (!begun_) return;
  written_.insert(result.id);
  write(pieces_->result(result, written_.size()));
}

void ReportStream::finish(const Report& report, ExitCode code) {
  for (const CheckResult& one : report.results)
    if (!written_.contains(one.id)) result(one);
  write(pieces_->end(report, code, planned_));
}

}  // namespace exai::cli
