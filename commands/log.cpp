#include "checks/logs/errors.hpp"
#include "commands/common.hpp"
#include "commands/json_text.hpp"
#include "core/file_names.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "io/files.hpp"
#include "io/follow.hpp"

#include <fmt/core.h>

namespace exai::commands {
namespace {

Result<Outcome> errors(const Args& args, Context& context) {
  const auto since = duration_option(args, "--since", std::chrono::hours(24));
  if (!since) return fail(since.error());
  const auto limit = count_option(args, "--limit", 20, 10000);
  if (!limit) return fail(limit.error());
  const auto folder = path_setting(context, "log.dir");
  checks::LogScan scan;
  CheckResult result = timed(context.clock, [&] {
    const auto warnings = args.has("--warnings") ? checks::Warnings::shown : checks::Warnings::passed_over;
    scan = checks::scan_server_log(folder, {context.clock.wall() - *since, warnings, *limit},
                                   context.deadline, context.clock);
    return checks::judge_errors(scan, folder);
  });
  Outcome outcome = single(std::move(result), context, "log errors");
  for (const checks::LogLine& line : scan.matches)
    outcome.report->notes.push_back(
        fmt::format("{}  {:<8}  {}  {}", line.time, line.level, line.event, line.message));
  if (outcome.report->results[0].id.empty()) outcome.report->results[0].id = "log.errors";
  return outcome;
}

/// Lines as they are added, until a person, --timeout or the reader of our output ends it.
Result<Outcome> follow(const std::filesystem::path& path, std::size_t count, bool json, Context& context) {
  constexpr Millis k_look_every{100};
  const auto show = [&](std::string_view line) {
    context.streams.out.write((json ? json_or_quoted(std::string(line)) : printable(line)) + "\n");
    return context.streams.out.problem == 0;
  };
  io::FollowedFile file(path);
  const auto last = io::tail_file(path, count, file.began_at());
  if (!last && context.globals.quiet == 0)
    context.streams.err.write(fmt::format("note: {} is not there yet\n", path.string()));
  if (last)
    for (const std::string& line : *last) show(line);
  while (context.streams.out.flush() && pause(k_look_every, context))
    if (!file.look(show)) break;
  return Outcome{};
}

Result<Outcome> tail(const Args& args, Context& context) {
  const auto count = count_option(args, "--lines", 20, 100000);
  if (!count) return fail(count.error());
  const bool activity = args.option("--source") == "activity";
  const auto path = path_setting(context, "log.dir") / (activity ? k_activity_log_file : k_server_log_file);
  if (args.has("--follow")) {
    const auto& outputs = context.globals.outputs;
    const bool json = outputs == std::vector<std::string>{"jsonl"};
    if (!outputs.empty() && !json && outputs != std::vector<std::string>{"table"})
      return fail(ErrorKind::usage, "--follow has no end, so it can only be written line by line",
                  "-o jsonl, or none");
    if (context.globals.dry_run) return text_outcome(fmt::format("would follow {}\n", path.string()));
    return follow(path, *count, json, context);
  }
  const auto lines = io::tail_file(path, *count);
  if (!lines) return fail(Error(lines.error()).try_this("exai serve writes it; exai config get log.dir"));
  std::string text;
  std::string json;
  for (const std::string& line : *lines) {
    text += printable(line) + "\n";
    json += (json.empty() ? "" : ",") + json_or_quoted(line);
  }
  return text_outcome(std::move(text), fmt::format("{{\"schema\":\"exai.log/1\",\"file\":{},\"lines\":[{}]}}",
                                                   quote_json(path.string()), json));
}

constexpr cli::Option k_error_options[] = {
    {.name = "--since", .value = "DUR", .help = "how far back", .default_value = "24h"},
    {.name = "--limit", .value = "N", .help = "lines shown at most", .default_value = "20"},
    {.name = "--warnings", .help = "warnings as well"}};
constexpr cli::Option k_tail_options[] = {
    {.name = "--lines", .value = "N", .help = "how many", .default_value = "20"},
    {.name = "--follow", .help = "go on with what is added, over rotations too, until Ctrl-C or --timeout"},
    {.name = "--source",
     .value = "LOG",
     .help = "which log",
     .values = "server|activity",
     .default_value = "server"}};

const Registered<cli::Command> k_errors{
    cli::Command{.path = "log errors",
                 .group = "Look",
                 .summary = "errors of the server log, counted by their level field",
                 .options = k_error_options,
                 .recording = cli::Recording::asked,
                 .run = errors}};
const Registered<cli::Command> k_tail{cli::Command{.path = "log tail",
                                                   .group = "Look",
                                                   .summary = "the last lines of a log",
                                                   .options = k_tail_options,
                                                   .run = tail}};

}  // namespace
}  // namespace exai::commands
