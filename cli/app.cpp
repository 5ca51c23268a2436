#include "cli/app.hpp"

#include "cli/command_line.hpp"
#include "cli/help.hpp"
#include "cli/output/writer.hpp"
#include "cli/report_stream.hpp"
#include "cli/signals.hpp"
#include "core/redact.hpp"
#include "core/version.hpp"
#include "io/terminal.hpp"

#include <csignal>
#include <cstdlib>
#include <cstring>

#include <fmt/core.h>

namespace exai::cli {
namespace {

const char* variable_from_environment(const char* name) {
  return std::getenv(name);
}

void say_version(const Streams& streams) {
  streams.out.write(fmt::format("exai {}\n", version()));
}

/// Writes the error and gives its code.
int say_error(const Error& error, bool json, const Streams& streams, const Globals& globals) {
  (void)streams.out.flush();
  if (globals.quiet < 2) streams.err.write(render_error(error, json, look_of(streams.err, globals)));
  return int(exit_code(error.kind));
}

/// What was made and did not arrive is not known to whoever waits for it.
int say_unwritten(bool json, const Streams& streams, const Globals& globals) {
  return say_error(make_error(ErrorKind::unreachable,
                              fmt::format("cannot write the result: {}", std::strerror(streams.out.problem)),
                              "check the disk or the program that reads standard output"),
                   json, streams, globals);
}

void say_help(const CommandLine& line, const Streams& streams) {
  const bool colour = streams.out.colour;
  if (line.command != nullptr)
    streams.out.write(help_command(*line.command, colour));
  else if (const std::string first = line.args.positional("TOPIC"); !first.empty())
    streams.out.write(help_noun(first, colour));
  else
    streams.out.write(help_overview(colour));
}

/// Failing findings must not pass unseen, yet only the commands that judge them stop for them.
void mention_findings(const Loaded& loaded, const CommandLine& line, const Streams& streams) {
  std::size_t failing = 0;
  for (const Finding& finding : loaded.findings) failing += finding.severity == Status::fail ? 1 : 0;
  const bool judged = noun(line.command->path) == "validate" || line.command->effect == Effect::serves;
  if (failing == 0 || judged || line.globals.quiet > 0) return;
  streams.err.write(fmt::format("note: {} setting{} could not be used, see exai validate config\n", failing,
                                failing == 1 ? "" : "s"));
}

Deadline total_deadline(const Globals& globals) {
  constexpr Millis k_far = std::chrono::hours(24 * 365);
  return Deadline::after(globals.timeout.value_or(k_far));
}

/// An error carries no secret by contract; what another program said may still hold one.
Error redacted(Error error, const Config& config) {
  const Redactor redactor(config.secrets());
  error.message = redactor.apply(error.message);
  error.hint = redactor.apply(error.hint);
  for (std::string& doing : error.context) doing = redactor.apply(doing);
  return error;
}

/// Data is expected on standard input: nobody will type an env file into a terminal that says nothing.
Result<void> refuse_terminal_input(const CommandLine& line, const Streams& streams) {
  if (!streams.input_terminal) return {};
  std::vector<std::string> files = line.globals.env_files;
  for (const auto& positional : line.command->positionals)
    if (positional.values == "@files")
      for (const std::string& word : line.args.positional_all(positional.name)) files.push_back(word);
  for (const Option& option : line.command->options)
    if (option.values == "@files")
      for (const std::string& word : line.args.all(option.name)) files.push_back(word);
  if (std::find(files.begin(), files.end(), "-") == files.end()) return {};
  return fail(ErrorKind::usage, "- reads standard input, which is a terminal",
              fmt::format("exai {} ... < FILE", line.command->path));
}

/// A command whose answer would rest on a setting that cannot be used ends as soon as it reads it.
Result<Outcome> run_command(const CommandLine& line, Context& context) {
  try {
    return line.command->run(line.args, context);
  } catch (const UnusableSetting& unusable) {
    return fail(unusable.error());
  }
}

/// --record where nothing is kept would be believed.
Result<void> refuse_record(const CommandLine& line) {
  if (!line.globals.record.value_or(false) || line.command->recording != Recording::none) return {};
  return fail(ErrorKind::usage,
              fmt::format("exai {} judges nothing, so there is no run to --record", line.command->path),
              "exai check run --record, exai runbook run NAME");
}

bool wants_record(const CommandLine& line) {
  return line.command->recording != Recording::none && !line.globals.dry_run &&
         line.globals.record.value_or(line.command->recording == Recording::always);
}

/// The settings that the command's own flags stand for.
Result<FlagSettings> flag_settings(const CommandLine& line) {
  if (line.command->settings == nullptr) return FlagSettings{};
  return line.command->settings(line.args);
}

/// The configuration, where the command needs one.
Result<Loaded> load(const CommandLine& line, const FlagSettings& flags, Streams& streams) {
  hooks().set_dry_run(false);
  Result<Loaded> loaded = line.command->needs_config ? hooks().load(line.globals, flags, nullptr) : Loaded{};
  if (loaded && line.command->needs_config) mention_findings(*loaded, line, streams);
  hooks().set_dry_run(line.globals.dry_run);
  return loaded;
}

/// What the command handed back, written and kept as was asked.
Result<ExitCode> finish(const CommandLine& line, Result<Outcome> outcome, int signal, Context& context,
                        const std::vector<Sink>& sinks) {
  if (outcome && !outcome->report && line.globals.record.value_or(false) && !line.globals.dry_run)
    outcome = fail(ErrorKind::usage, "nothing was judged, so there is no run to --record",
                   fmt::format("exai {} without --record", line.command->path));
  if (outcome && outcome->report && wants_record(line)) hooks().save(*outcome, context);
  const auto stopped = ExitCode(128 + signal);
  if (!outcome) {
    if (signal != 0 && outcome.error().kind == ErrorKind::cancelled) return stopped;
    return fail(redacted(std::move(outcome).error(), context.config));
  }
  const auto code = write_outcome(*outcome, context, sinks);
  return code && signal != 0 ? stopped : code;
}

/// Runs the command inside its context and writes what it hands back.
Result<ExitCode> perform(const CommandLine& line, Streams& streams) {
  if (auto fine = refuse_record(line); !fine) return fail(fine.error());
  const auto sinks = parse_sinks(line.globals.outputs);
  if (!sinks) return fail(sinks.error());
  if (auto fine = refuse_terminal_input(line, streams); !fine) return fail(fine.error());
  const auto flags = flag_settings(line);
  if (!flags) return fail(flags.error());
  auto read = load(line, *flags, streams);
  if (!read) return fail(std::move(read).error());
  Loaded& loaded = *read;

  std::optional<SignalStop> signals;  // the server has its own, on its loop
  if (line.command->waits && line.command->effect != Effect::serves) signals.emplace();
  ReportStream results(*sinks, streams.out, line.globals, Redactor(loaded.config.secrets()));
  Context context{.config = loaded.config,
                  .config_findings = loaded.findings,
                  .root = loaded.root,
                  .config_file = loaded.file,
                  .env_files = loaded.env_files,
                  .profile = loaded.profile,
                  .globals = line.globals,
                  .streams = streams,
                  .clock = system_clock(),
                  .deadline = total_deadline(line.globals),
                  .began = system_clock().steady(),
                  .stop = signals ? signals->token() : std::stop_token{},
                  .reload = [&line, &loaded, &flags]() -> Result<ConfigSources> {
                    auto again = hooks().load(line.globals, *flags, &loaded);
                    if (!again) return fail(std::move(again).error());
                    return ConfigSources{std::move(again->config), std::move(again->findings)};
                  },
                  .results = &results};
  auto outcome = run_command(line, context);
  const int signal = signals ? signals->caught().value_or(0) : 0;
  return finish(line, std::move(outcome), signal, context, *sinks);
}

int run_words(const std::vector<std::string>& words, Streams& streams) {
  const bool json = asks_for_json(words, variable_from_environment);
  auto line = read_command_line(words, variable_from_environment);
  if (!line) return say_error(line.error(), json, streams, {});
  streams = standard_streams(line->globals.colour, variable_from_environment);
  if (line->version || line->help || line->command == nullptr) {
    if (line->version)
      say_version(streams);
    else
      say_help(*line, streams);
    return streams.out.flush() ? 0 : say_unwritten(json, streams, line->globals);
  }
  const auto code = perform(*line, streams);
  if (!code) return say_error(code.error(), json, streams, line->globals);
  if (!streams.out.flush()) return int(worse(*code, ExitCode(say_unwritten(json, streams, line->globals))));
  return int(*code);
}

}  // namespace

const AppHooks& hooks() {
  static const AppHooks& only = *Registered<AppHooks>::all().front();
  return only;
}

int run(int argc, char** argv) {
  io::take_closed_streams();
  Streams streams = standard_streams("auto", variable_from_environment);
  try {
    const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
    return run_words(words, streams);
  } catch (const std::exception& error) {
    Error ours = make_error(ErrorKind::internal, fmt::format("an error nobody expected: {}", error.what()),
                            "please report this line with the output of exai version --verbose");
    return say_error(ours, false, streams, {});
  }
}

}  // namespace exai::cli
