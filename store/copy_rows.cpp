#include "store/copy_rows.hpp"

#include "core/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/core.h>

namespace exai::store {
namespace {

// The table, its key, then the other columns: text, or number "#", time "@", truth "?", real "~", JSON "%",
// or with that many digits ".2". What refers to others comes after them.
constexpr std::array<std::array<const char*, 3>, 15> k_copied{{
    {"conversations", "id", "created# updated# owner state"},
    {"turns", "conversation position#", "role content tool provider model at#"},
    {"runs", "started# run_id", "title host version verdict report_json duration# exit_code#"},
    {"spend", "day provider model", "calls# prompt# completion# cached# nano_usd#"},
    {"provider_files", "provider id", "sha256 purpose name owner bytes# uploaded# used#"},
    {"test_runs", "id#",
     "idempotency_key run_timestamp@ name format host branch_name commit_hash watcher_model total_tests# "
     "tests_passed# tests_failed# tests_skipped# tests_errored# pass_rate.2 avg_watcher_quality.2 "
     "total_duration_secs.3 total_cost_usd.6 notes created_at@"},
    {"test_results", "id#",
     "run_id# position# tool_name variation provider model status execution_status duration_secs.6 "
     "memory_mb~ "
     "cpu_percent~ tokens_total# cost_usd.9 watcher_quality# test_input test_output error_message "
     "source_file "
     "source_line# created_at@"},
    {"watcher_insights", "id#",
     "test_result_id# quality_score# strengths% weaknesses% anomalies% recommendations% confidence_level "
     "raw_observation% created_at@"},
    {"issues", "id#",
     "issue_code title description category priority status root_cause resolution affected_tools% "
     "first_detected_run_id# resolved_run_id# created_at@ updated_at@ resolved_at@"},
    {"issue_occurrences", "id#", "issue_id# run_id# test_result_id# severity notes created_at@"},
    {"ops_events", "id#", "at@ run_id kind subject status summary host"},
    {"alert_history", "id#", "alert severity state value threshold summary at@"},
    {"key_rotations", "id#", "key_name step outcome fingerprint actor at@"},
    {"backups", "id", "path contents bytes# sha256 encrypted? verified@ removed@ created_at@"},
    {"runbook_acks", "run_id step", "actor outcome note at@"},
}};

CopyColumn read_column(std::string word) {
  const std::size_t point = word.find('.');
  if (point != std::string::npos)
    return {word.substr(0, point), CellKind::fixed, read_digits(word.substr(point + 1)).value_or(0)};
  constexpr std::array k_marks{std::pair{'#', CellKind::number}, std::pair{'@', CellKind::time},
                               std::pair{'?', CellKind::truth}, std::pair{'~', CellKind::real},
                               std::pair{'%', CellKind::json}};
  for (const auto& [mark, kind] : k_marks)
    if (word.back() == mark) return {word.substr(0, word.size() - 1), kind};
  return {std::move(word)};
}

Cell read_cell(const sql::Statement& row, int at, const CopyColumn& column) {
  if (row.is_null(at)) return {};
  switch (column.kind) {
    case CellKind::number:
    case CellKind::time:
    case CellKind::truth:
      return std::to_string(row.number(at));
    case CellKind::real:
      return fmt::format("{}", row.real(at));
    case CellKind::fixed:
      return fmt::format("{:.{}f}", row.real(at), column.digits);
    default:
      return row.text(at);
  }
}

template <class Number>
Number number_in(const std::string& text) {
  Number number{};
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string key_list(const CopyTable& table) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < table.keys; ++i) names.push_back(table.columns[i].name);
  return join(names, ", ");
}

}  // namespace

const std::vector<CopyTable>& copy_tables() {
  static const std::vector<CopyTable> k_tables = [] {
    std::vector<CopyTable> tables;
    for (const auto& [name, keys, others] : k_copied) {
      CopyTable table{name, 0, {}};
      for (std::string& word : split(keys, ' ')) table.columns.push_back(read_column(std::move(word)));
      table.keys = table.columns.size();
      for (std::string& word : split(others, ' ')) table.columns.push_back(read_column(std::move(word)));
      tables.push_back(std::move(table));
    }
    return tables;
  }();
  return k_tables;
}

CopyRow read_row(const sql::Statement& row, const CopyTable& table) {
  CopyRow cells;
  for (std::size_t i = 0; i < table.columns.size(); ++i)
    cells.push_back(read_cell(row, static_cast<int>(i), table.columns[i]));
  return cells;
}

void bind_cell(sql::Statement& statement, const Cell& cell, CellKind kind) {
  if (!cell)
    statement.bind_null();
  else if (kind == CellKind::number || kind == CellKind::time || kind == CellKind::truth)
    statement.bind(number_in<std::int64_t>(*cell));
  else if (kind == CellKind::real || kind == CellKind::fixed)
    statement.bind_real(number_in<double>(*cell));
  else
    statement.bind(std::string_view(*cell));
}

std::string select_rows(const CopyTable& table, bool postgres, bool after, std::size_t max) {
  std::vector<std::string> columns, parameters;
  for (const CopyColumn& column : table.columns)
    columns.push_back(column.kind == CellKind::time                ? fmt::format("@millis({})", column.name)
                      : column.kind == CellKind::truth && postgres ? fmt::format("{}::int", column.name)
                      : column.kind == CellKind::json && postgres  ? fmt::format("{}::text", column.name)
                                                                   : column.name);
  for (std::size_t i = 1; i <= table.keys; ++i) parameters.push_back(fmt::format("${}", i));
  const std::string keys = key_list(table);
  return fmt::format("SELECT {} FROM @{}{} ORDER BY {} LIMIT {}", join(columns, ", "), table.name,
                     after ? fmt::format(" WHERE ({}) > ({})", keys, join(parameters, ", ")) : "", keys, max);
}

std::string insert_rows(const CopyTable& table, bool postgres, std::size_t rows) {
  std::vector<std::string> columns, all;
  for (const CopyColumn& column : table.columns) columns.push_back(column.name);
  std::size_t parameter = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    std::vector<std::string> values;
    for (const CopyColumn& column : table.columns) {
      ++parameter;
      values.push_back(column.kind == CellKind::time    ? fmt::format("@at(${})", parameter)
                       : column.kind == CellKind::truth ? fmt::format("${} = 1", parameter)
                                                        : fmt::format("${}", parameter));
    }
    all.push_back("(" + join(values, ", ") + ")");
  }
  return fmt::format("INSERT INTO @{} ({}){} VALUES {}", table.name, join(columns, ", "),
                     postgres && table.numbered() ? " OVERRIDING SYSTEM VALUE" : "", join(all, ", "));
}

std::string write_place(const CopyRow& row, std::size_t keys) {
  std::string text;
  for (std::size_t i = 0; i < keys; ++i) text += fmt::format("{}:{}", row[i]->size(), *row[i]);
  return text;
}

CopyRow read_place(std::string_view text) {
  CopyRow keys;
  while (!text.empty()) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const auto size = number_in<std::size_t>(std::string(text.substr(0, colon)));
    text.remove_prefix(std::min(colon + 1, text.size()));
    keys.emplace_back(std::string(text.substr(0, size)));
    text.remove_prefix(std::min(size, text.size()));
  }
  return keys;
}

std::string comparable(const CopyRow& row, const CopyTable& table) {
  std::string text;
  for (std::size_t i = 0; i < row.size(); ++i) {
    std::string cell = row[i].value_or("");
    if (table.columns[i].kind == CellKind::json) {
      cell.erase(std::remove(cell.begin(), cell.end(), ' '), cell.end());
      std::sort(cell.begin(), cell.end());
    }
    text += row[i] ? fmt::format("{}:{}", cell.size(), cell) : "-";
  }
  return text;
}

}  // namespace exai::store
