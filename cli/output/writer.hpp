// Writers: a report, table or text into one of the formats, on stdout or into files, several at once.
#pragma once

#include "cli/command.hpp"
#include "core/registry.hpp"
#include "core/report.hpp"
#include "core/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::cli {

/// How to show it: facts of the stream and the verbosity asked for.
struct Look {
  bool colour = false;
  bool utf8 = true;
  int width = 100;
  bool cut = false;  ///< a terminal: lines longer than the width are cut
  int quiet = 0;
  int verbose = 0;
  bool strict = false;
};

/// A format that can be written result by result. The whole report is its pieces one after the other.
struct PieceWriter {
  std::string (*begin)(const Report& head, std::size_t total) = nullptr;
  std::string (*result)(const CheckResult&, std::size_t number) = nullptr;
  /// `planned` is what begin() was given.
  std::string (*end)(const Report&, ExitCode, std::size_t planned) = nullptr;
};

/// One format, in its own file beside this one. A writer never decides the exit code; it is handed in so
/// that JSON can state it.
struct Writer {
  std::string_view format;  ///< "junit"
  std::string_view help;
  std::string (*report)(const Report&, const Look&, ExitCode) = nullptr;
  std::string (*table)(const Table&, const Look&) = nullptr;  ///< nullptr: the format has none
  const PieceWriter* pieces = nullptr;                        ///< nullptr: only as a whole
  [[nodiscard]] std::string_view name() const { return format; }
};

/// A parsed `-o FORMAT[=FILE]`.
struct Sink {
  const Writer* writer = nullptr;
  std::string file;  ///< empty = stdout
};
/// `usage` for an unknown format (with the nearest) or two sinks on stdout.
Result<std::vector<Sink>> parse_sinks(const std::vector<std::string>& outputs);

/// Renders the outcome into every sink; files by atomic replacement. `nagios` on stdout changes the code to
/// 0..3.
Result<ExitCode> write_outcome(const Outcome& outcome, const Context& context,
                               const std::vector<Sink>& sinks);

/// The report as the JSON writer has it, secrets replaced: what the store keeps.
std::string report_as_json(const Report& report, ExitCode code, const Config& config);

/// What Nagios gets: 0 ok, 1 warning, 2 failed, 3 everything else.
ExitCode nagios_code(const Report& report, ExitCode code);

/// The look of one stream under these flags.
Look look_of(const Out& out, const Globals& globals);

/// An error as text for a person (message, found, where, try) or as one JSON object.
std::string render_error(const Error& error, bool json, const Look& look);

}  // namespace exai::cli
