#include "store/sql/results.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::store::sql {
namespace {

constexpr std::size_t k_columns = 20;
constexpr std::size_t k_rows_at_once = 100;  // of one statement: SQLite takes 32,766 parameters
constexpr Millis k_rows_timeout{5000};       // of one statement: there may be thousands

constexpr std::string_view k_run_columns =
    "id, idempotency_key, @millis(run_timestamp), name, format, host, branch_name, commit_hash, "
    "watcher_model,"
    " notes, total_tests, tests_passed, tests_failed, tests_skipped, tests_errored, pass_rate,"
    " total_duration_secs, total_cost_usd";

/// The sum of what is known; nothing when nothing is.
std::optional<double> total_of(const std::vector<ResultRecord>& results,
                               std::optional<double> ResultRecord::*part) {
  std::optional<double> total;
  for (const ResultRecord& result : results)
    if (result.*part) total = total.value_or(0) + *(result.*part);
  return total;
}

/// The run with what its results say.
TestRunRecord counted(TestRunRecord run, const std::vector<ResultRecord>& results) {
  const auto count = [&](Outcome outcome) {
    return std::count_if(results.begin(), results.end(),
                         [&](const ResultRecord& result) { return result.status == outcome; });
  };
  run.total = static_cast<std::int64_t>(results.size());
  run.passed = count(Outcome::pass);
  run.failed = count(Outcome::fail);
  run.skipped = count(Outcome::skip);
  run.errored = count(Outcome::error);
  const std::int64_t executed = run.total - run.skipped;
  run.pass_rate.reset();
  if (executed > 0) run.pass_rate = 100.0 * static_cast<double>(run.passed) / static_cast<double>(executed);
  if (!run.duration) run.duration = total_of(results, &ResultRecord::duration);
  if (!run.cost_usd) run.cost_usd = total_of(results, &ResultRecord::cost_usd);
  return run;
}

/// "($1, ..., @at($20)), ($21, ...": that many rows.
std::string insert_results(std::size_t rows) {
  std::string text =
      "INSERT INTO @test_results (run_id, position, tool_name, variation, provider, model, status,"
      " execution_status, duration_secs, memory_mb, cpu_percent, tokens_total, cost_usd, watcher_quality,"
      " test_input, test_output, error_message, source_file, source_line, created_at) VALUES ";
  std::size_t parameter = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    text += row == 0 ? "(" : ", (";
    for (std::size_t column = 1; column < k_columns; ++column) text += fmt::format("${}, ", ++parameter);
    text += fmt::format("@at(${}))", ++parameter);
  }
  return text;
}

void bind_result(Statement& row, std::int64_t run, std::int64_t position, const ResultRecord& result,
                 Wall now) {
  row.bind(run).bind(position).bind(result.tool).bind(result.variation).bind(result.provider);
  row.bind(result.model).bind(to_string(result.status)).bind(result.execution).bind_real(result.duration);
  row.bind_real(result.memory_mb).bind_real(result.cpu_percent).bind_number(result.tokens);
  row.bind_real(result.cost_usd).bind_number(result.quality).bind(result.input).bind(result.output);
  row.bind(result.error).bind(result.file).bind_number(result.line).bind(now);
}

Result<void> save_results(Database& db, std::int64_t run, const std::vector<ResultRecord>& results,
                          Wall now) {
  std::unique_ptr<Statement> insert;
  std::size_t prepared = 0;
  for (std::size_t at = 0; at < results.size();) {
    const std::size_t rows = std::min(k_rows_at_once, results.size() - at);
    if (rows != prepared) {
      auto statement = db.prepare(insert_results(rows));
      if (!statement) return fail(statement.error());
      insert = std::move(*statement);
      prepared = rows;
    }
    db.set_deadline(Deadline::after(k_rows_timeout));
    insert->reset();
    for (const std::size_t end = at + rows; at < end; ++at)
      bind_result(*insert, run, static_cast<std::int64_t>(at), results[at], now);
    if (auto done = insert->run(); !done) return done;
  }
  return {};
}

/// The id of the run under that key, or 0.
Result<std::int64_t> known_run(Database& db, const std::string& key) {
  const auto query = db.prepare("SELECT id FROM @test_runs WHERE idempotency_key = $1");
  if (!query) return fail(query.error());
  const Result<bool> row = (*query)->bind(key).step();
  if (!row) return fail(row.error());
  return *row ? (*query)->number(0) : 0;
}

Result<void> save_run(Database& db, const TestRunRecord& run, Wall now) {
  const auto insert = db.prepare(
      "INSERT INTO @test_runs (idempotency_key, run_timestamp, name, format, host, branch_name, commit_hash,"
      " watcher_model, notes, total_tests, tests_passed, tests_failed, tests_skipped, tests_errored,"
      " pass_rate, total_duration_secs, total_cost_usd, created_at) VALUES ($1, @at($2), $3, $4, $5, $6, $7,"
      " $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, @at($18))"
      " ON CONFLICT (idempotency_key) DO NOTHING");
  if (!insert) return fail(insert.error());
  Statement& row = **insert;
  row.bind(run.key).bind(run.at).bind(run.name).bind(run.format).bind(run.host).bind(run.branch);
  row.bind(run.commit).bind(run.watcher).bind(run.notes).bind(run.total).bind(run.passed).bind(run.failed);
  row.bind(run.skipped).bind(run.errored).bind_real(run.pass_rate).bind_real(run.duration);
  row.bind_real(run.cost_usd).bind(now);
  return row.run();
}

TestRunRecord read_run(const Statement& row) {
  TestRunRecord run;
  run.id = row.number(0);
  run.key = row.text(1);
  run.at = row.time(2);
  run.name = row.text(3);
  run.format = row.text(4);
  run.host = row.text(5);
  run.branch = row.text(6);
  run.commit = row.text(7);
  run.watcher = row.text(8);
  run.notes = row.text(9);
  run.total = row.number(10);
  run.passed = row.number(11);
  run.failed = row.number(12);
  run.skipped = row.number(13);
  run.errored = row.number(14);
  run.pass_rate = row.some_real(15);
  run.duration = row.some_real(16);
  run.cost_usd = row.some_real(17);
  return run;
}

ResultRecord read_result(const Statement& row) {
  ResultRecord result;
  result.tool = row.text(0);
  result.variation = row.text(1);
  result.provider = row.text(2);
  result.model = row.text(3);
  result.status = outcome_of(row.text(4)).value_or(Outcome::error);
  result.execution = row.text(5);
  result.duration = row.some_real(6);
  result.memory_mb = row.some_real(7);
  result.cpu_percent = row.some_real(8);
  result.tokens = row.some_number(9);
  result.cost_usd = row.some_real(10);
  result.quality = row.some_number(11);
  result.input = row.text(12);
  result.output = row.text(13);
  result.error = row.text(14);
  result.file = row.text(15);
  result.line = row.some_number(16);
  return result;
}

}  // namespace

Result<TestRuns::Saved> SqlTestRuns::save(const TestRunRecord& run,
                                          const std::vector<ResultRecord>& results) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const Wall now = clock_.wall();
  Transaction transaction(**db);
  if (auto begun = transaction.begin(); !begun) return fail(begun.error());
  if (auto saved = save_run(**db, counted(run, results), now); !saved) return fail(saved.error());
  const bool anew = (*db)->changes() > 0;
  const Result<std::int64_t> id = known_run(**db, run.key);
  if (!id) return fail(id.error());
  if (!anew) return Saved{*id, false};
  if (auto saved = save_results(**db, *id, results, now); !saved) return fail(saved.error());
  if (auto done = transaction.commit(); !done) return fail(done.error());
  return Saved{*id, true};
}

Result<std::vector<TestRunRecord>> SqlTestRuns::list(const RunFilter& filter) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(
      fmt::format("SELECT {} FROM @test_runs WHERE ($1 = '' OR branch_name = $2) AND ($3 = '' OR name = $4)"
                  " AND run_timestamp >= @at($5) ORDER BY run_timestamp DESC, id DESC LIMIT $6",
                  k_run_columns));
  if (!query) return fail(query.error());
  Statement& row = **query;
  row.bind(filter.branch).bind(filter.branch).bind(filter.name).bind(filter.name);
  row.bind(filter.since.value_or(Wall{})).bind(static_cast<std::int64_t>(filter.max));
  return read_all(row, read_run);
}

Result<TestRunRecord> SqlTestRuns::find(std::int64_t id) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(fmt::format("SELECT {} FROM @test_runs WHERE id = $1", k_run_columns));
  if (!query) return fail(query.error());
  const Result<bool> row = (*query)->bind(id).step();
  if (!row) return fail(row.error());
  if (*row) return read_run(**query);
  return fail(ErrorKind::not_found, fmt::format("there is no run {}", id), "exai record list shows the runs");
}

Result<std::vector<ResultRecord>> SqlTestRuns::results(std::int64_t run) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(
      "SELECT tool_name, variation, provider, model, status, execution_status, duration_secs, memory_mb,"
      " cpu_percent, tokens_total, cost_usd, watcher_quality, test_input, test_output, error_message,"
      " source_file, source_line FROM @test_results WHERE run_id = $1 ORDER BY position");
  if (!query) return fail(query.error());
  return read_all((*query)->bind(run), read_result);
}

Result<std::vector<FailingTool>> SqlTestRuns::failing(Wall since, std::size_t max) {
  const auto db = pool_.acquire();
  if (!db) return fail(db.error());
  const auto query = (*db)->prepare(
      "SELECT tool_name, count(*), @millis(max(created_at)) FROM @test_results"
      " WHERE status IN ('FAIL', 'ERROR') AND created_at >= @at($1)"
      " GROUP BY tool_name ORDER BY 2 DESC, 1 LIMIT $2");
  if (!query) return fail(query.error());
  return read_all((*query)->bind(since).bind(static_cast<std::int64_t>(max)), [](const Statement& row) {
    return FailingTool{row.text(0), row.number(1), row.time(2)};
  });
}

}  // namespace exai::store::sql
