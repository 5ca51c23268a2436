// The database of the deployment: its migrations and its tables.
#include "commands/common.hpp"
#include "core/text.hpp"
#include "io/postgres.hpp"
#include "store/schema.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

using store::SchemaDifference;
using store::sql::MigrationRow;
using store::sql::MigrationState;

Result<CheckResult> home_result(const store::Home& home) {
  std::string where = home.file.string();
  if (home.shared()) {
    auto target = io::PgConnection::target(home.url);
    if (!target) return fail(target.error());
    where = std::move(*target);
  }
  return result_of("db.home", "where things are kept", Status::pass,
                   fmt::format("{} {}", home.type(), where));
}

CheckResult migration_result(const MigrationRow& row) {
  CheckResult result;
  switch (row.state) {
    case MigrationState::applied:
      result = check_pass(row.applied_at.empty() ? "applied" : fmt::format("applied {}", row.applied_at));
      break;
    case MigrationState::pending:
      result = check_warn("pending", "exai db migrate");
      break;
    case MigrationState::changed:
      result = check_fail("applied in another form than this program has it",
                          "use the program that made the tables, or another database");
      break;
    case MigrationState::unknown:
      result = check_fail("applied by a program that knows more than this one",
                          "use the newer program, or another database");
      break;
  }
  result.id = fmt::format("db.migration.{}", printable(row.name));
  result.title = "a migration of the tables";
  return result;
}

Result<Report> report_on(const store::Home& home, std::string title, const Context& context) {
  Report report = new_report(context, std::move(title));
  auto where = home_result(home);
  if (!where) return fail(where.error());
  where->started = context.clock.wall();
  report.results.push_back(std::move(*where));
  return report;
}

void add(Report& report, CheckResult result, const Context& context) {
  result.started = context.clock.wall();
  report.results.push_back(std::move(result));
}

Result<Outcome> db_status(const Args&, Context& context) {
  const store::Home home = home_of(context);
  auto report = report_on(home, "db status", context);
  if (!report) return fail(report.error());
  const auto rows = store::schema_state(home);
  if (!rows) return fail(rows.error());
  for (const MigrationRow& row : *rows) add(*report, migration_result(row), context);
  return finished(std::move(*report), context);
}

Result<Outcome> db_migrate(const Args&, Context& context) {
  const store::Home home = home_of(context);
  auto report = report_on(home, "db migrate", context);
  if (!report) return fail(report.error());
  if (context.globals.dry_run) {
    const auto rows = store::schema_state(home);
    if (!rows) return fail(rows.error());
    for (const MigrationRow& row : *rows)
      if (row.state != MigrationState::applied) add(*report, migration_result(row), context);
    return finished(std::move(*report), context);
  }
  const auto applied = store::migrate_schema(home);
  if (!applied) return fail(applied.error());
  for (const std::string& name : *applied)
    add(*report, result_of("db.migration." + name, "a migration of the tables", Status::pass, "applied now"),
        context);
  if (applied->empty())
    add(*report,
        result_of("db.migrations", "every migration is applied", Status::pass, "nothing was pending"),
        context);
  return finished(std::move(*report), context);
}

CheckResult difference_result(const SchemaDifference& difference) {
  std::string summary;
  switch (difference.kind) {
    case SchemaDifference::Kind::missing:
      summary = fmt::format("missing: {}", difference.object);
      break;
    case SchemaDifference::Kind::extra:
      summary = fmt::format("not of this program: {} ({})", difference.object, difference.found);
      break;
    case SchemaDifference::Kind::different:
      summary = fmt::format("{} is \"{}\" instead of \"{}\"", difference.object, difference.found,
                            difference.expected);
      break;
  }
  CheckResult result =
      check_fail(printable(summary),
                 "exai db status, for migrations that are pending; else put it back, or restore a backup");
  result.id = "db.schema";
  result.title = "the tables are as this program makes them";
  return result;
}

Result<Outcome> db_verify(const Args&, Context& context) {
  const store::Home home = home_of(context);
  auto report = report_on(home, "db verify", context);
  if (!report) return fail(report.error());
  const auto differences = store::verify_schema(home);
  if (!differences) return fail(differences.error());
  for (const SchemaDifference& one : *differences) add(*report, difference_result(one), context);
  if (differences->empty())
    add(*report,
        result_of("db.schema", "the tables are as this program makes them", Status::pass,
                  "no column, index, constraint, view or policy differs"),
        context);
  return finished(std::move(*report), context);
}

const Registered<cli::Command> k_db_status{
    cli::Command{.path = "db status",
                 .group = "Operate",
                 .summary = "where things are kept, and which migrations are applied",
                 .run = db_status}};
const Registered<cli::Command> k_db_migrate{cli::Command{.path = "db migrate",
                                                         .group = "Operate",
                                                         .summary = "brings the tables up to date",
                                                         .effect = cli::Effect::writes,
                                                         .run = db_migrate}};
const Registered<cli::Command> k_db_verify{
    cli::Command{.path = "db verify",
                 .group = "Operate",
                 .summary = "holds the tables against those that this program makes",
                 .run = db_verify}};

}  // namespace
}  // namespace exai::commands
