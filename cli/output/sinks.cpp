#include "cli/app.hpp"
#include "cli/output/writer.hpp"
#include "cli/report_stream.hpp"
#include "core/json.hpp"
#include "core/redact.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

Result<const Writer*> find_writer(const std::string& format) {
  std::vector<std::string> known;
  for (const Writer* writer : Registered<Writer>::all()) {
    if (writer->format == format) return writer;
    known.emplace_back(writer->format);
  }
  const std::string near = did_you_mean(format, known);
  return fail(ErrorKind::usage,
              fmt::format("there is no output format \"{}\", only {}", printable(format), join(known, ", ")),
              near);
}

Result<std::string> render(const Outcome& outcome, const Writer& writer, const Look& look, ExitCode code) {
  if (outcome.report) return writer.report(*outcome.report, look, code);
  const auto unfit = [&](std::string_view what) {
    return fail(ErrorKind::usage,
                fmt::format("{} shows results of checks, this command gives {}", writer.format, what),
                "-o table or -o json");
  };
  if (outcome.table) {
    if (writer.table == nullptr) return unfit("a list");
    return writer.table(*outcome.table, look);
  }
  if (writer.format == "table" || writer.format == "markdown") return outcome.text;
  if (writer.format != "json" && writer.format != "jsonl") return unfit("text");
  if (!outcome.json.empty()) return outcome.json.back() == '\n' ? outcome.json : outcome.json + "\n";
  return fmt::format("{{\"schema\":\"exai.text/1\",\"text\":{}}}\n", quote_json(outcome.text));
}

}  // namespace

Look look_of(const Out& out, const Globals& globals) {
  Look look;
  look.colour = out.colour;
  look.utf8 = out.utf8;
  look.width = out.width;
  look.cut = out.terminal;
  look.quiet = globals.quiet;
  look.verbose = globals.verbose;
  look.strict = globals.strict;
  return look;
}

Result<std::vector<Sink>> parse_sinks(const std::vector<std::string>& outputs) {
  std::vector<Sink> sinks;
  std::size_t on_stdout = 0;
  for (const std::string& output : outputs) {
    const auto equals = output.find('=');
    const auto writer = find_writer(output.substr(0, equals));
    if (!writer) return fail(writer.error());
    Sink sink{*writer, equals == std::string::npos ? "" : output.substr(equals + 1)};
    if (equals != std::string::npos && sink.file.empty())
      return fail(
          ErrorKind::usage, fmt::format("-o {} names no file", printable(output)),
          fmt::format("-o {}=FILE, or -o {} for standard output", sink.writer->format, sink.writer->format));
    if (sink.file == "-") sink.file.clear();
    on_stdout += sink.file.empty() ? 1 : 0;
    sinks.push_back(std::move(sink));
  }
  if (on_stdout > 1)
    return fail(ErrorKind::usage, "only one output format can go to standard output",
                "-o table -o json=FILE");
  if (sinks.empty()) {
    const auto table = find_writer("table");
    if (!table) return fail(table.error());
    sinks.push_back({*table, ""});
  }
  return sinks;
}

Result<ExitCode> write_outcome(const Outcome& outcome, const Context& context,
                               const std::vector<Sink>& sinks) {
  // A server that ended has nothing to say; over stdio its standard output belongs to the protocol.
  if (!outcome.report && !outcome.table && outcome.text.empty() && outcome.json.empty()) return outcome.code;
  const Redactor redactor(context.config.secrets());
  ExitCode code = outcome.report ? exit_code(*outcome.report, context.globals.strict) : outcome.code;
  ExitCode final_code = code;
  for (const Sink& sink : sinks) {
    Look look = look_of(context.streams.out, context.globals);
    if (!sink.file.empty()) {
      look.colour = look.cut = false;
      look.utf8 = true;
      look.width = 100;
    }
    if (outcome.report && sink.file.empty() && context.results != nullptr && context.results->begun()) {
      context.results->finish(*outcome.report, code);
      continue;
    }
    auto text = render(outcome, *sink.writer, look, code);
    if (!text) return fail(std::move(text).error());
    *text = redactor.apply(*text);
    if (!sink.file.empty()) {
      (void)context.streams.out.flush();  // the file may be the same stream under another name
      constexpr Millis k_at_least{1000}, k_at_most{30'000};
      auto written = hooks().write_file(
          sink.file, *text,
          Deadline::after(std::clamp(context.deadline.left(context.clock), k_at_least, k_at_most)));
      if (!written)
        return fail(std::move(written).error().during(fmt::format("writing {} output", sink.writer->format)));
      continue;
    }
    if (context.globals.quiet < 2) context.streams.out.write(*text);
    if (sink.writer->format == "nagios" && outcome.report) final_code = nagios_code(*outcome.report, code);
  }
  return final_code;
}

}  // namespace exai::cli
