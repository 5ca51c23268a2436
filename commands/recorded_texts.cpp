#include "commands/recorded_texts.hpp"

#include "core/json.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"

#include <algorithm>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

namespace exai::commands {
namespace {

std::string percent(std::optional<double> rate) {
  return rate ? fmt::format("{:.1f} %", *rate) : "-";
}

std::string seconds(std::optional<double> duration) {
  return duration ? fmt::format("{:.3f} s", *duration) : "-";
}

std::string dollars(std::optional<double> cost) {
  return cost ? fmt::format("{:.4f}", *cost) : "-";
}

std::string counts_of(const store::TestRunRecord& run) {
  return fmt::format("{} passed, {} failed, {} skipped, {} broken", run.passed, run.failed, run.skipped,
                     run.errored);
}

Json some(std::optional<double> value) {
  return value ? Json(*value) : Json();
}

Json some(std::optional<std::int64_t> value) {
  return value ? Json(*value) : Json();
}

Json run_object(const store::TestRunRecord& run) {
  return Json{{"id", run.id},
              {"key", run.key},
              {"at", format_utc(run.at)},
              {"name", run.name},
              {"format", run.format},
              {"host", run.host},
              {"branch", run.branch},
              {"commit", run.commit},
              {"watcher", run.watcher},
              {"notes", run.notes},
              {"total", run.total},
              {"passed", run.passed},
              {"failed", run.failed},
              {"skipped", run.skipped},
              {"errors", run.errored},
              {"pass_rate", some(run.pass_rate)},
              {"duration_s", some(run.duration)},
              {"cost_usd", some(run.cost_usd)}};
}

Json result_object(const store::ResultRecord& result) {
  return Json{{"tool", result.tool},
              {"variation", result.variation},
              {"provider", result.provider},
              {"model", result.model},
              {"status", to_string(result.status)},
              {"execution", result.execution},
              {"duration_s", some(result.duration)},
              {"memory_mb", some(result.memory_mb)},
              {"cpu_percent", some(result.cpu_percent)},
              {"cost_usd", some(result.cost_usd)},
              {"tokens", some(result.tokens)},
              {"quality", some(result.quality)},
              {"input", result.input},
              {"output", result.output},
              {"error", result.error},
              {"file", result.file},
              {"line", some(result.line)}};
}

std::string place_of(const store::ResultRecord& result) {
  if (result.file.empty()) return {};
  return result.line ? fmt::format(" ({}:{})", result.file, *result.line) : fmt::format(" ({})", result.file);
}

std::string result_line(const store::ResultRecord& result) {
  std::string line = fmt::format("  {:<5} {}", to_string(result.status), result.tool);
  if (!result.variation.empty()) line += " " + result.variation;
  line += place_of(result) + "\n";
  if (!result.error.empty() && result.status != store::Outcome::pass)
    line += fmt::format("        {}\n", result.error.substr(0, result.error.find('\n')));
  return line;
}

/// What changed against the run before it, in points of a percent.
std::string difference(const store::TestRunRecord& run, const store::TestRunRecord* before) {
  if (before == nullptr || !run.pass_rate || !before->pass_rate) return "";
  const double points = *run.pass_rate - *before->pass_rate;
  return points == 0 ? "=" : fmt::format("{:+.1f}", points);
}

/// A field of a CSV file.
std::string field(std::string_view text) {
  std::string value(text);
  if (!value.empty() && std::string_view("=+-@\t\r").find(value.front()) != std::string_view::npos)
    value.insert(0, 1, '\'');
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char letter : value) quoted.append(letter == '"' ? 2 : 1, letter);
  return quoted + "\"";
}

std::string number(std::optional<double> value) {
  return value ? fmt::format("{}", *value) : "";
}

std::string number(std::optional<std::int64_t> value) {
  return value ? std::to_string(*value) : "";
}

/// The sums of several runs.
struct Sums {
  std::int64_t runs = 0, passed = 0, executed = 0;
  double duration = 0, cost = 0;
};

Sums sums_of(const std::vector<store::TestRunRecord>& runs) {
  Sums sums;
  for (const store::TestRunRecord& run : runs) {
    ++sums.runs;
    sums.passed += run.passed;
    sums.executed += run.total - run.skipped;
    sums.duration += run.duration.value_or(0);
    sums.cost += run.cost_usd.value_or(0);
  }
  return sums;
}

std::optional<double> rate_of(const Sums& sums) {
  if (sums.executed == 0) return std::nullopt;
  return 100.0 * static_cast<double>(sums.passed) / static_cast<double>(sums.executed);
}

}  // namespace

cli::Table run_table(const std::vector<store::TestRunRecord>& runs) {
  cli::Table table{
      {"id", "at", "name", "branch", "commit", "passed", "failed", "skipped", "errors", "rate", "duration"},
      {}};
  for (const store::TestRunRecord& run : runs)
    table.rows.push_back({std::to_string(run.id), utc_seconds(run.at), printable(run.name),
                          printable(run.branch), printable(run.commit.substr(0, 12)),
                          std::to_string(run.passed), std::to_string(run.failed), std::to_string(run.skipped),
                          std::to_string(run.errored), percent(run.pass_rate), seconds(run.duration)});
  return table;
}

cli::Table spool_table(const std::vector<store::Spool::Entry>& entries) {
  cli::Table table{{"since", "file", "bytes", "run", "results"}, {}};
  for (const store::Spool::Entry& entry : entries) {
    std::string run = "damaged", results = "-";
    if (const auto record = store::Spool::read(entry.file)) {
      if (const auto* tests = std::get_if<store::RecordedTests>(&*record)) {
        run = tests->run.name;
        results = std::to_string(tests->results.size());
      } else {
        run = std::get<store::RunRecord>(*record).title;
      }
    }
    table.rows.push_back({utc_seconds(entry.since), entry.file.filename().string(),
                          std::to_string(entry.bytes), printable(run), results});
  }
  return table;
}

std::string run_text(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results,
                     bool all) {
  std::string text = fmt::format("run {}: {} at {}\n", run.id, run.name, utc_seconds(run.at));
  text +=
      fmt::format("{}, pass rate {}, {}\n", counts_of(run), percent(run.pass_rate), seconds(run.duration));
  std::vector<std::string> facts;
  for (const auto& [label, value] : {std::pair<std::string_view, const std::string&>{"branch", run.branch},
                                     {"commit", run.commit},
                                     {"host", run.host},
                                     {"format", run.format}})
    if (!value.empty()) facts.push_back(fmt::format("{} {}", label, value));
  if (!facts.empty()) text += join(facts, ", ") + "\n";
  if (!run.notes.empty()) text += run.notes + "\n";
  const auto wanted = [&](const store::ResultRecord& result) {
    return all || result.status == store::Outcome::fail || result.status == store::Outcome::error;
  };
  for (const store::ResultRecord& result : results)
    if (wanted(result)) text += result_line(result);
  return printable(text);
}

std::string run_json(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results) {
  Json list = Json::array();
  for (const store::ResultRecord& result : results) list.push_back(result_object(result));
  return dump_json(Json{{"schema", "exai.test-run/1"}, {"run", run_object(run)}, {"results", list}});
}

std::string stats_text(const std::vector<store::TestRunRecord>& newest_first) {
  std::string text;
  const store::TestRunRecord* before = nullptr;
  for (auto run = newest_first.rbegin(); run != newest_first.rend(); ++run) {
    text += fmt::format("{}  {:>6}  {:>8} {:>6}  {:>12}  {:>10}  {}\n", utc_seconds(run->at), run->id,
                        percent(run->pass_rate), difference(*run, before), seconds(run->duration),
                        dollars(run->cost_usd), run->name);
    before = &*run;
  }
  const Sums sums = sums_of(newest_first);
  text += fmt::format("{} runs, {} of {} results passed ({}), {:.3f} s, {:.4f} USD\n", sums.runs, sums.passed,
                      sums.executed, percent(rate_of(sums)), sums.duration, sums.cost);
  return printable(text);
}

std::string stats_json(const std::vector<store::TestRunRecord>& newest_first) {
  Json runs = Json::array();
  for (auto run = newest_first.rbegin(); run != newest_first.rend(); ++run) runs.push_back(run_object(*run));
  const Sums sums = sums_of(newest_first);
  return dump_json(Json{{"schema", "exai.test-stats/1"},
                        {"runs", runs},
                        {"passed", sums.passed},
                        {"executed", sums.executed},
                        {"pass_rate", some(rate_of(sums))},
                        {"duration_s", sums.duration},
                        {"cost_usd", sums.cost}});
}

std::string jsonl_rows(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results) {
  Json head = run_object(run);
  head["schema"] = "exai.test-run/1";
  std::string out = dump_json(head) + "\n";
  for (const store::ResultRecord& result : results) {
    Json row = result_object(result);
    row["run"] = run.id;
    out += dump_json(row) + "\n";
  }
  return out;
}

std::string export_json(const std::string& jsonl) {
  std::string list = jsonl.substr(0, jsonl.size() - std::min<std::size_t>(jsonl.size(), 1));
  std::replace(list.begin(), list.end(), '\n', ',');  // the lines themselves hold none
  return "{\"schema\":\"exai.test-export/1\",\"lines\":[" + list + "]}";
}

std::string csv_head() {
  return "run,at,name,branch,commit,host,tool,variation,provider,model,status,execution,duration_s,tokens,"
         "cost_usd,quality,file,line,error\r\n";
}

std::string csv_rows(const store::TestRunRecord& run, const std::vector<store::ResultRecord>& results) {
  const std::string head = fmt::format("{},{},{},{},{},{}", run.id, format_utc(run.at), field(run.name),
                                       field(run.branch), field(run.commit), field(run.host));
  std::string out;
  for (const store::ResultRecord& result : results)
    out += fmt::format("{},{},{},{},{},{},{},{},{},{},{},{},{},{}\r\n", head, field(result.tool),
                       field(result.variation), field(result.provider), field(result.model),
                       to_string(result.status), field(result.execution), number(result.duration),
                       number(result.tokens), number(result.cost_usd), number(result.quality),
                       field(result.file), number(result.line), field(result.error));
  return out;
}

}  // namespace exai::commands
