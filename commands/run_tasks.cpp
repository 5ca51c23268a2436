#include "commands/run_tasks.hpp"

#include "cli/progress.hpp"
#include "cli/report_stream.hpp"

namespace exai::commands {

Report run_tasks(const std::vector<checks::TaskGroup>& groups, const Context& context, std::string title,
                 bool fail_fast, Streaming streaming) {
  Report report = new_report(context, std::move(title));
  if (streaming == Streaming::yes) context.results->begin(report, checks::count_tasks(groups));
  cli::Progress progress(context.streams.err, context.globals, context.clock);
  checks::RunOptions options;
  options.jobs = context.globals.jobs;
  options.fail_fast = fail_fast;
  options.on_begin = [&](const checks::Task& task, std::size_t done, std::size_t total) {
    progress.begin(done, total, task.id);
  };
  options.on_result = [&](const CheckResult& result, std::size_t done, std::size_t total) {
    progress.erase();
    context.results->result(result);
    progress.done(result, done, total);
  };
  report.results = checks::run(groups, check_context(context), options);
  return report;
}

}  // namespace exai::commands
