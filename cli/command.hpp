// A command as a record: the parser, help, man pages, completion and README's tree all read it.
#pragma once

#include "cli/streams.hpp"
#include "core/config.hpp"
#include "core/deadline.hpp"
#include "core/registry.hpp"
#include "core/report.hpp"
#include "core/result.hpp"

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace exai::cli {

/// One flag of a command (or a global one). `value` empty = a switch. An optional value is the next word, if
/// there is one that is not a flag; without it the option's value is empty.
struct Option {
  std::string_view name;     ///< "--since"
  std::string_view value{};  ///< "DUR", "FILE", "N"; "[CMD]" for one that may be left out; empty for a switch
  std::string_view help{};
  std::string_view values{};         ///< allowed words "a|b|c", "@files", or a completion source: "@checks"
  std::string_view default_value{};  ///< default, as shown in help
  char letter = 0;
  bool repeat = false;
  bool takes_rest = false;  ///< given: the words after "--" belong to it and are not operands
  [[nodiscard]] constexpr bool optional_value() const { return !value.empty() && value.front() == '['; }
};

struct Positional {
  std::string_view name;  ///< "ID"
  std::string_view help{};
  std::string_view values{};  ///< as Option::values
  bool required = false;
  bool repeat = false;
};

enum class Effect : std::uint8_t { reads, writes, destroys, serves };
/// Whether a command's report is kept in the store: never (it has none), with --record, or unless
/// --no-record.
enum class Recording : std::uint8_t { none, asked, always };

/// The words after the command, checked against its record.
struct Args {
  std::map<std::string, std::vector<std::string>, std::less<>> options;      ///< by name with dashes
  std::map<std::string, std::vector<std::string>, std::less<>> positionals;  ///< by name
  std::vector<std::string> rest;  ///< after "--", where an option takes it; else those are operands
  [[nodiscard]] bool has(std::string_view option) const { return options.find(option) != options.end(); }
  /// The last value of an option, or nothing.
  [[nodiscard]] std::optional<std::string> option(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] std::string positional(std::string_view name, std::string otherwise = {}) const;
  [[nodiscard]] std::vector<std::string> positional_all(std::string_view name) const;
};

/// A plain listing: `check list`, `config show`. In JSON each row becomes an object with the column keys.
struct Table {
  std::vector<std::string> columns;  ///< lower case, also the JSON keys
  std::vector<std::vector<std::string>> rows;
};

/// What a command hands back: one of report, table or text (with its JSON form), and the code.
struct Outcome {
  ExitCode code = ExitCode::pass;  ///< ignored when there is a report: then exit_code(report) decides
  std::optional<Report> report;
  std::optional<Table> table;
  std::string text;  ///< for people, newline at the end
  std::string json;  ///< the same for machines, serialised; empty = {"text": …}
};

/// How the flags that every command takes were given.
struct Globals {
  std::vector<std::string> outputs;  ///< FORMAT[=FILE]
  int quiet = 0;
  int verbose = 0;
  bool dry_run = false;
  bool yes = false;
  bool no_input = false;
  bool strict = false;
  int jobs = 0;  ///< 0 = automatic
  std::optional<bool> record;
  std::optional<Millis> timeout;
  std::string colour = "auto";  ///< auto, always, never
  // Where the configuration comes from.
  std::optional<std::string> config_file;  ///< "none" disables the file
  std::vector<std::string> env_files;
  std::optional<std::string> root;
  std::optional<std::string> profile;
};

/// A setting given as a flag of a command: key and value ("http.port", "8000").
using FlagSettings = std::vector<std::pair<std::string, std::string>>;

class ReportStream;

/// All a command may reach the world with.
struct Context {
  const Config& config;
  const std::vector<Finding>& config_findings;  ///< of loading; commands that validate report them
  std::filesystem::path root;
  std::optional<std::filesystem::path> config_file;
  std::vector<std::filesystem::path> env_files;
  std::string profile;
  Globals globals;
  Streams& streams;
  const Clock& clock;
  Deadline deadline;     ///< of the whole command: --timeout, else far away
  Steady began{};        ///< when the command was started
  std::stop_token stop;  ///< first Ctrl-C or SIGTERM
  /// Loads the configuration anew from the same sources; for the one command that lives long enough to need
  /// it.
  std::function<Result<ConfigSources>()> reload;
  /// Where results go that are shown as they come; never null while a command runs.
  ReportStream* results = nullptr;
  /// What the judge of the configuration said, asked once and kept (commands/common).
  struct Judged {
    std::once_flag once;
    std::vector<Finding> findings;
  };
  std::shared_ptr<Judged> judged = std::make_shared<Judged>();
};

struct Command {
  std::string_view path;     ///< "config show"
  std::string_view group;    ///< help group: Serve, Look, Validate, Operate, Inspect, Help
  std::string_view summary;  ///< one line; the long help and the examples stand in commands/<noun>.md
  std::span<const Option> options{};
  std::span<const Positional> positionals{};
  Effect effect = Effect::reads;
  std::string_view alias{};  ///< another path for the same command
  bool hidden = false;
  /// False for commands that run whatever the configuration looks like (help, version, completion).
  bool needs_config = true;
  /// False for commands that end by themselves within milliseconds: Ctrl-C just ends them, and no thread
  /// waits for it.
  bool waits = true;
  Recording recording = Recording::none;
  /// Turns flags that stand for settings into those, before the configuration is loaded.
  Result<FlagSettings> (*settings)(const Args&) = nullptr;
  Result<Outcome> (*run)(const Args&, Context&) = nullptr;

  [[nodiscard]] std::string_view name() const { return path; }
};

/// The command whose path or alias these words start with (two words before one), or nullptr; `used` is how
/// many.
const Command* find_command(const std::vector<std::string>& words, std::size_t* used = nullptr);
/// The first word of a path: "check" of "check run".
std::string_view noun(std::string_view path);
/// What stands after the first word, or nothing.
std::string_view verb(std::string_view path);
/// Help groups in the order in which they are shown.
std::span<const std::string_view> groups();
/// All that may stand there: the words of "a|b|c", or what a closed completion source has. Empty when more
/// may.
std::vector<std::string> choices(std::string_view values);

}  // namespace exai::cli
