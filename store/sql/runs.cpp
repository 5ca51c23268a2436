#include "store/sql/runs.hpp"

#include <fmt/core.h>

namespace exai::store::sql {

Result<void> SqlRuns::save(const RunRecord& run) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto insert = (*db)->prepare(
      "INSERT INTO @runs VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (run_id) DO NOTHING");
  if (!insert) return fail(insert.error());
  Statement& row = **insert;
  row.bind(run.run_id).bind(run.title).bind(run.host).bind(run.version).bind(run.verdict);
  row.bind(run.report_json).bind(run.started).bind(run.duration.count()).bind(run.exit_code);
  return row.run();  // every home commits durably: it is on disk when this returns
}

Result<std::vector<RunRecord>> SqlRuns::load(std::size_t max) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(fmt::format(
      "SELECT run_id, title, host, version, verdict, report_json, started, duration, exit_code FROM @runs"
      " ORDER BY started DESC, {} DESC LIMIT $1",
      (*db)->dialect().arrival));
  if (!query) return fail(query.error());
  return read_all((*query)->bind(static_cast<std::int64_t>(max)), [](const Statement& row) {
    return RunRecord{.run_id = row.text(0),
                     .title = row.text(1),
                     .host = row.text(2),
                     .version = row.text(3),
                     .verdict = row.text(4),
                     .report_json = row.text(5),
                     .started = row.time(6),
                     .duration = Millis(row.number(7)),
                     .exit_code = static_cast<int>(row.number(8))};
  });
}

}  // namespace exai::store::sql
