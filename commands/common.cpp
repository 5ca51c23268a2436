#include "commands/common.hpp"

#include "core/file_names.hpp"
#include "core/text.hpp"
#include "core/version.hpp"
#include "io/process.hpp"
#include "io/random.hpp"
#include "serve/judge.hpp"

#include <charconv>
#include <condition_variable>
#include <mutex>

#include <fmt/core.h>

namespace exai::commands {

Report new_report(const Context& context, std::string title) {
  Report report;
  report.title = std::move(title);
  report.run_id = io::random_hex(8);
  report.host = io::host_name();
  report.profile = context.profile;
  report.version = std::string(version());
  report.started = context.clock.wall();
  return report;
}

Outcome finished(Report report, const Context& context) {
  report.duration = std::chrono::duration_cast<Micros>(context.clock.steady() - context.began);
  Outcome outcome;
  outcome.report = std::move(report);
  return outcome;
}

Outcome single(CheckResult result, const Context& context, std::string title) {
  Report report = new_report(context, std::move(title));
  report.results.push_back(std::move(result));
  return finished(std::move(report), context);
}

Outcome text_outcome(std::string text, std::string json) {
  Outcome outcome;
  outcome.text = std::move(text);
  outcome.json = std::move(json);
  return outcome;
}

CheckResult result_of(std::string id, std::string title, Status status, std::string summary) {
  CheckResult result;
  result.id = std::move(id);
  result.title = std::move(title);
  result.status = status;
  result.summary = std::move(summary);
  return result;
}

std::filesystem::path path_setting(const Context& context, std::string_view key) {
  return below(context.root, context.config.text(key));
}

store::Home home_of(const Context& context) {
  return store::home_of(context.config, context.root);
}

const std::vector<Finding>& judgement(const Context& context) {
  std::call_once(context.judged->once, [&context] {
    context.judged->findings =
        serve::judge_configuration(context.config, context.config_findings,
                                   {context.root, serve::Purpose::serve, context.globals.strict, nullptr})
            .findings;
  });
  return context.judged->findings;
}

CheckContext check_context(const Context& context) {
  return CheckContext{
      .config = context.config,
      .clock = context.clock,
      .deadline = context.deadline,
      .stop = context.stop,
      .root = context.root,
      .judgement = [&context]() -> const std::vector<Finding>& { return judgement(context); }};
}

Result<std::optional<Millis>> duration_option(const Args& args, std::string_view name) {
  const auto text = args.option(name);
  if (!text) return std::optional<Millis>{};
  auto duration = parse_duration(*text);
  if (duration) return std::optional<Millis>(*duration);
  Error error = std::move(duration).error();
  error.kind = ErrorKind::usage;
  return fail(std::move(error).during(fmt::format("reading {}", name)));
}

Result<Millis> duration_option(const Args& args, std::string_view name, Millis otherwise) {
  auto duration = duration_option(args, name);
  if (!duration) return fail(std::move(duration).error());
  return duration->value_or(otherwise);
}

Result<std::size_t> count_option(const Args& args, std::string_view name, std::size_t otherwise,
                                 std::size_t max) {
  const auto text = args.option(name);
  if (!text) return otherwise;
  std::size_t number = 0;
  const char* end = text->data() + text->size();
  const auto [stopped, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc{} && stopped == end && number > 0 && number <= max) return number;
  return fail(ErrorKind::usage,
              fmt::format("{} must be a number from 1 to {}, not \"{}\"", name, max, printable(*text)),
              fmt::format("{} {}", name, otherwise));
}

bool pause(Millis time, const Context& context) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  const auto until = std::min(context.clock.steady() + time, context.deadline.at());
  wake.wait_until(lock, context.stop, until, [] { return false; });
  return !context.stop.stop_requested() && !context.deadline.passed(context.clock);
}

}  // namespace exai::commands
