// Runs of checks are kept in the store of the deployment.
#include "cli/output/writer.hpp"
#include "commands/ci_job.hpp"
#include "commands/common.hpp"
#include "core/check.hpp"
#include "core/text.hpp"
#include "store/recording.hpp"

#include <cstdlib>

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

/// A run that waits is told; one that is kept nowhere makes the verdict unknown.
void note_kept(Report& report, const Result<store::Recorded>& kept, const Context& context) {
  if (kept && kept->waits)
    report.notes.push_back(
        printable(fmt::format("the run waits in the spool until the database is back: {}", kept->why)));
  if (kept) return;
  CheckResult lost = check_unknown(Error(kept.error()).during("recording the run"));
  lost.cause = Cause::none;  // whatever kept it from being written, the run itself is what is not known
  lost.started = context.clock.wall();
  lost.id = "run.record";
  lost.title = "the run is kept";
  lost.group = "record";
  if (lost.hint.empty()) lost.hint = "--no-record runs without keeping it";
  report.results.push_back(std::move(lost));
}

}  // namespace

void save_run(Outcome& outcome, const Context& context) {
  const auto kept = record_report(*outcome.report, context);
  note_kept(*outcome.report, kept, context);
}

void save_tests(Report& report, store::RecordedTests tests, const Context& context) {
  const CiJob job = ci_job([](const char* name) -> const char* { return std::getenv(name); });
  tests.run.host = report.host;
  tests.run.branch = printable(job.branch);
  tests.run.commit = printable(job.commit);
  const auto kept = store::record(home_of(context), tests, context.clock);
  if (kept && !kept->waits) report.notes.push_back(fmt::format("recorded as run {}", kept->id));
  note_kept(report, kept, context);
}

}  // namespace exai::commands
