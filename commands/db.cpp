// The database of the deployment: its migrations and its tables.
#include "commands/common.hpp"
#include "core/file_names.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"
#include "io/postgres.hpp"
#include "store/copy.hpp"
#include "store/schema.hpp"
#include "store/sessions.hpp"

#include <algorithm>
#include <cstdlib>

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

/// The PostgreSQL at that address; `whence` is where it was read.
Result<store::Home> shared_home(Secret url, std::string_view whence) {
  if (url.empty())
    return fail(ErrorKind::config, fmt::format("{} is not set", whence),
                "it holds an address: postgresql://USER:PASSWORD@HOST:5432/DATABASE");
  return store::Home{.file = {}, .url = std::move(url)};
}

/// A home as the command line names it: a setting or a variable that holds an address, an address without a
/// password, else a file.
Result<store::Home> named_home(const std::string& name, const Context& context) {
  if (name.starts_with("postgresql://") || name.starts_with("postgres://")) {
    const auto address = io::PgConnection::address(Secret(name));
    if (!address) return fail(ErrorKind::usage, address.error().message, address.error().hint);
    if (address->has_password)
      return fail(ErrorKind::usage, "a password on the command line is in every list of processes",
                  "put the address into a variable, and name that: --to OTHER_STORE_URL");
    return shared_home(Secret(name), name);
  }
  const Setting* setting = find_setting(name);
  if (setting == nullptr) setting = find_setting_by_env(name);
  if (setting != nullptr && setting->form == Form::postgres_url)
    return shared_home(context.config.secret(setting->key), setting_name(setting->key));
  const bool variable = name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == std::string::npos;
  if (const char* const url = variable ? std::getenv(name.c_str()) : nullptr; url != nullptr)
    return shared_home(Secret(url), name);
  const std::filesystem::path path(name);
  std::error_code gone;
  return store::Home{.file = std::filesystem::is_directory(path, gone) ? path / k_database_file : path};
}

CheckResult copied_result(const store::CopiedTable& table) {
  CheckResult result =
      table.same ? check_pass(fmt::format("{} rows, {} of them copied now", table.target, table.copied))
      : table.source == table.target
          ? check_fail(fmt::format("{} rows each, and not the same", table.source),
                       "did somebody write to one of them meanwhile? Empty the target and copy again")
          : check_fail(fmt::format("{} rows in the source, {} in the target", table.source, table.target),
                       "did somebody write to one of them meanwhile? Empty the target and copy again");
  result.id = "db.copy." + table.name;
  result.title = "a table of both databases";
  return result;
}

Result<Outcome> db_copy(const Args& args, Context& context) {
  const std::string from_name = args.option("--from").value_or(""),
                    to_name = args.option("--to").value_or("");
  store::Home own = home_of(context);
  const auto from =
      from_name.empty() ? Result<store::Home>(store::Home{.file = own.file}) : named_home(from_name, context);
  if (!from) return fail(from.error());
  const auto to =
      to_name.empty() ? shared_home(own.url, setting_name("store.url")) : named_home(to_name, context);
  if (!to) return fail(to.error());
  if (context.globals.dry_run)
    return fail(ErrorKind::refused, "a copy cannot be tried without making it",
                "exai db status shows either database; the target has to be empty");
  Report report = new_report(context, "db copy");
  const auto tables = store::copy_store(*from, *to, {.stop = context.stop});
  if (!tables) return fail(tables.error());
  for (const store::CopiedTable& table : *tables) add(report, copied_result(table), context);
  return finished(std::move(report), context);
}

Result<Outcome> db_sessions(const Args& args, Context& context) {
  const auto max = count_option(args, "--max", 50, 100'000);
  if (!max) return fail(max.error());
  const auto sessions = store::list_sessions(home_of(context), *max);
  if (!sessions) return fail(sessions.error());
  const Wall now = context.clock.wall();
  Outcome outcome;
  outcome.table =
      cli::Table{{"id", "turns", "characters", "created", "updated", "idle", "workflow", "owner"}, {}};
  for (const store::SessionRow& one : *sessions) {
    const auto idle =
        std::chrono::duration_cast<std::chrono::seconds>(std::max(Wall::duration{0}, now - one.updated));
    outcome.table->rows.push_back({printable(one.id), std::to_string(one.turns),
                                   std::to_string(one.characters), utc_seconds(one.created),
                                   utc_seconds(one.updated), format_duration(idle),
                                   one.workflow ? "yes" : "no", printable(one.owner)});
  }
  return outcome;
}

constexpr cli::Option k_copy_options[] = {
    {.name = "--from",
     .value = "HOME",
     .help =
         "a file, or the setting or variable that holds an address; none means the file in server.state_dir"},
    {.name = "--to", .value = "HOME", .help = "the same of the target; none means store.url"}};
constexpr cli::Option k_sessions_options[] = {
    {.name = "--max", .value = "N", .help = "how many, those changed last first", .default_value = "50"}};

const Registered<cli::Command> k_db_copy{cli::Command{
    .path = "db copy",
    .group = "Operate",
    .summary = "moves everything that is kept from one database to another, counted and compared",
    .options = k_copy_options,
    .effect = cli::Effect::writes,
    .run = db_copy}};
const Registered<cli::Command> k_db_sessions{
    cli::Command{.path = "db sessions",
                 .group = "Operate",
                 .summary = "the conversations that are kept: turns, size, age and owner",
                 .options = k_sessions_options,
                 .run = db_sessions}};
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
