#include "checks/logs.hpp"
#include "commands/common.hpp"
#include "commands/json_text.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "io/files.hpp"

#include <fmt/core.h>

namespace exai::commands::log_command {
namespace {

Result<Outcome> errors(const Args& args, Context& context) {
  const auto since = duration_option(args, "--since", std::chrono::hours(24));
  if (!since) return fail(since.error());
  const auto limit = count_option(args, "--limit", 20, 10000);
  if (!limit) return fail(limit.error());
  const auto folder = path_setting(context, "log.dir");
  const auto scan =
      checks::scan_server_log(folder, context.clock.wall() - *since, args.has("--warnings"), *limit);
  Outcome outcome = single(checks::judge_errors(scan, folder), context, "log errors");
  for (const checks::LogLine& line : scan.matches)
    outcome.report->notes.push_back(
        fmt::format("{}  {:<8}  {}  {}", line.time, line.level, line.event, line.message));
  if (outcome.report->results[0].id.empty()) outcome.report->results[0].id = "log.errors";
  return outcome;
}

Result<Outcome> tail(const Args& args, Context& context) {
  const auto count = count_option(args, "--lines", 20, 100000);
  if (!count) return fail(count.error());
  const bool activity = args.option("--source") == "activity";
  const auto path = path_setting(context, "log.dir") / (activity ? "mcp_activity.log" : "mcp_server.log");
  const auto lines = io::tail_file(path, *count);
  if (!lines) return fail(Error(lines.error()).try_this("exai serve writes it; exai config get log.dir"));
  std::string text;
  std::string json;
  for (const std::string& line : *lines) {
    text += printable(line) + "\n";
    json += (json.empty() ? "" : ",") + json_or_quoted(line);
  }
  return said(std::move(text), fmt::format("{{\"schema\":\"exai.log/1\",\"file\":{},\"lines\":[{}]}}",
                                           quote_json(path.string()), json));
}

constexpr cli::Option k_error_options[] = {
    {.name = "--since", .value = "DUR", .help = "how far back", .standard = "24h"},
    {.name = "--limit", .value = "N", .help = "lines shown at most", .standard = "20"},
    {.name = "--warnings", .help = "warnings as well"}};
constexpr cli::Option k_tail_options[] = {
    {.name = "--lines", .value = "N", .help = "how many", .standard = "20"},
    {.name = "--source",
     .value = "LOG",
     .help = "which log",
     .values = "server|activity",
     .standard = "server"}};
constexpr cli::Example k_error_examples[] = {{"exai log errors --since 1h", "errors of the last hour"},
                                             {"exai log errors --warnings", "and warnings"}};
constexpr cli::Example k_tail_examples[] = {{"exai log tail --source activity", "the last calls"},
                                            {"exai log tail --lines 200 --json", "for a script"}};

const Registered<cli::Command> k_errors{cli::Command{
    .path = "log errors",
    .group = "Look",
    .summary = "errors of the server log, counted by their level field",
    .text = "Reads mcp_server.log and its rotated files. A log that is not there is unknown, never "
            "\"no errors\".",
    .options = k_error_options,
    .examples = k_error_examples,
    .run = errors}};
const Registered<cli::Command> k_tail{cli::Command{.path = "log tail",
                                                   .group = "Look",
                                                   .summary = "the last lines of a log",
                                                   .options = k_tail_options,
                                                   .examples = k_tail_examples,
                                                   .run = tail}};

}  // namespace
}  // namespace exai::commands::log_command
