// Runs of checks are kept in the store of the deployment.
#include "cli/output/writer.hpp"
#include "commands/common.hpp"
#include "core/check.hpp"
#include "core/text.hpp"
#include "store/recording.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

Result<store::Recorded> record_report(const Report& report, const Context& context) {
  const ExitCode code = exit_code(report, context.globals.strict);
  store::RunRecord record;
  record.run_id = report.run_id;
  record.title = report.title;
  record.host = report.host;
  record.version = report.version;
  record.verdict = std::string(to_string(report.verdict()));
  record.report_json = cli::report_as_json(report, code, context.config);
  record.started = report.started;
  record.duration = std::chrono::duration_cast<Millis>(report.duration);
  record.exit_code = int(code);
  return store::record(home_of(context), record, context.clock);
}

}  // namespace

void save_run(Outcome& outcome, const Context& context) {
  const auto kept = record_report(*outcome.report, context);
  if (kept && kept->waits)
    outcome.report->notes.push_back(
        printable(fmt::format("the run waits in the spool until the database is back: {}", kept->why)));
  if (kept) return;
  CheckResult lost = check_unknown(Error(kept.error()).during("recording the run"));
  lost.cause = Cause::none;  // whatever kept it from being written, the run itself is what is not known
  lost.started = context.clock.wall();
  lost.id = "run.record";
  lost.title = "the run is kept";
  lost.group = "record";
  if (lost.hint.empty()) lost.hint = "--no-record runs without keeping it";
  outcome.report->results.push_back(std::move(lost));
}

}  // namespace exai::commands
