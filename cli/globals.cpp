#include "cli/globals.hpp"

#include "core/text.hpp"

#include <charconv>

#include <fmt/core.h>

namespace exai::cli {
namespace {

constexpr Option k_options[] = {
    {.name = "--output",
     .value = "FORMAT[=FILE]",
     .help = "write the result in this format, to a file or to standard output",
     .values = "@formats",
     .default_value = "table",
     .letter = 'o',
     .repeat = true},
    {.name = "--json", .help = "the same as -o json"},
    {.name = "--quiet",
     .help = "only failures and the verdict; twice: only the exit code",
     .letter = 'q',
     .repeat = true},
    {.name = "--verbose",
     .help = "facts and timings as well; twice: wire detail, redacted",
     .letter = 'v',
     .repeat = true},
    {.name = "--color",
     .value = "WHEN",
     .help = "colours",
     .values = "auto|always|never",
     .default_value = "auto"},
    {.name = "--timeout", .value = "DUR", .help = "limit for the whole command: 10s, 1m30s, 250ms"},
    {.name = "--config",
     .value = "FILE",
     .help = "exai.yaml to read; none reads no such file",
     .values = "@files"},
    {.name = "--env-file",
     .value = "FILE",
     .help = "env file to read, - is standard input; later ones win",
     .values = "@files",
     .repeat = true},
    {.name = "--profile", .value = "NAME", .help = "named block of exai.yaml"},
    {.name = "--root", .value = "DIR", .help = "folder that relative paths start from", .values = "@files"},
    {.name = "--dry-run",
     .help = "say what would be done; no socket is opened and no file written",
     .letter = 'n'},
    {.name = "--yes", .help = "answer yes to questions", .letter = 'y'},
    {.name = "--no-input", .help = "never ask"},
    {.name = "--strict", .help = "warnings count as failures"},
    {.name = "--jobs",
     .value = "N",
     .help = "checks that run at the same time",
     .default_value = "automatic"},
    {.name = "--record", .help = "keep the run in the store"},
    {.name = "--no-record", .help = "do not keep it"},
    {.name = "--help", .help = "this text", .letter = 'h'},
    {.name = "--version", .help = "the version"},
};

/// The flag wins over the variable; a command that redefines the flag leaves only the variable.
std::optional<std::string> either(const Args& args, bool own, std::string_view flag, const char* variable,
                                  Environment environment) {
  if (!own)
    if (auto given = args.option(flag)) return given;
  if (variable == nullptr) return std::nullopt;
  const char* set = environment(variable);
  return set != nullptr && *set != 0 ? std::optional<std::string>(set) : std::nullopt;
}

Result<int> read_jobs(const std::string& text) {
  int jobs = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), jobs);
  if (error != std::errc{} || end != text.data() + text.size() || jobs < 1 || jobs > 256)
    return fail(ErrorKind::usage,
                fmt::format("--jobs must be a number from 1 to 256, not \"{}\"", printable(text)),
                "--jobs 4");
  return jobs;
}

Result<std::optional<Millis>> read_timeout(const std::optional<std::string>& text) {
  if (!text) return std::optional<Millis>{};
  auto timeout = parse_duration(*text);
  if (!timeout) {
    Error error = std::move(timeout).error();
    error.kind = ErrorKind::usage;
    return fail(std::move(error).during("reading --timeout"));
  }
  if (timeout->count() <= 0)
    return fail(ErrorKind::usage, "--timeout must be longer than nothing", "--timeout 10s");
  return std::optional<Millis>(*timeout);
}

}  // namespace

std::span<const Option> global_options() {
  return k_options;
}

Result<Globals> read_globals(const Command& command, const Args& args, Environment environment) {
  const auto own = [&](std::string_view flag) {
    return std::any_of(command.options.begin(), command.options.end(),
                       [&](const Option& option) { return option.name == flag; });
  };
  const auto value = [&](std::string_view flag, const char* variable) {
    return either(args, own(flag), flag, variable, environment);
  };
  Globals globals;
  globals.outputs = args.all("--output");
  if (args.has("--json")) globals.outputs.emplace_back("json");
  if (globals.outputs.empty())
    if (const auto set = value("--output", "EXAI_OUTPUT")) globals.outputs = split(*set, ',');
  globals.quiet = int(args.all("--quiet").size());
  globals.verbose = own("--verbose") ? int(args.has("--verbose")) : int(args.all("--verbose").size());
  globals.dry_run = args.has("--dry-run");
  globals.yes = args.has("--yes");
  globals.no_input = args.has("--no-input") || value("--no-input", "EXAI_NO_INPUT").has_value();
  globals.strict = args.has("--strict");
  if (!own("--record") && args.has("--record")) {
    if (args.has("--no-record"))
      return fail(ErrorKind::usage, "--record and --no-record exclude each other", "give one");
    globals.record = true;
  }
  if (args.has("--no-record")) globals.record = false;
  globals.colour = value("--color", nullptr).value_or("auto");
  globals.config_file = value("--config", "EXAI_CONFIG");
  globals.env_files = args.all("--env-file");
  globals.root = value("--root", "EXAI_ROOT");
  globals.profile = value("--profile", "EXAI_PROFILE");
  if (const auto text = value("--jobs", nullptr)) {
    const auto jobs = read_jobs(*text);
    if (!jobs) return fail(jobs.error());
    globals.jobs = *jobs;
  }
  const auto timeout = read_timeout(value("--timeout", "EXAI_TIMEOUT"));
  if (!timeout) return fail(timeout.error());
  globals.timeout = *timeout;
  return globals;
}

}  // namespace exai::cli
