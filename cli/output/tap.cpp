#include "cli/output/layout.hpp"
#include "core/json.hpp"
#include "core/text.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

/// One line in which '#' and '\' do not mean anything to TAP.
std::string description(std::string_view text) {
  std::string out;
  Look plain;
  for (const char c : one_line(text, plain)) {
    if (c == '#' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

/// A JSON string is a valid YAML scalar.
std::string field(std::string_view name, std::string_view value) {
  return fmt::format("  {}: {}\n", name, quote_json(printable(value)));
}

std::string yaml_block(const CheckResult& result) {
  std::string out = "  ---\n";
  out += fmt::format("  severity: {}\n", to_string(result.status));
  out += field("message", result.summary);
  if (!result.hint.empty()) out += field("hint", result.hint);
  if (!result.findings.empty()) out += "  findings:\n";
  for (const Finding& finding : result.findings) {
    const std::string place = finding.where ? to_string(*finding.where) + ": " : "";
    out += fmt::format("    - {}\n", quote_json(printable(place + finding.message)));
  }
  out += fmt::format("  duration_ms: {}\n", millis_of(result.duration));
  return out + "  ...\n";
}

std::string begin_tap(const Report& /*head*/, std::size_t total) {
  return fmt::format("TAP version 14\n1..{}\n", total);
}

std::string point(const CheckResult& result, std::size_t number) {
  const bool good = result.status != Status::fail && result.status != Status::unknown;
  std::string out = fmt::format("{} {} - {}", good ? "ok" : "not ok", number, description(result.id));
  if (result.status == Status::skip)
    out += fmt::format(" # SKIP {}", description(result.summary));
  else if (!result.summary.empty())
    out += fmt::format(": {}", description(result.summary));
  out += "\n";
  if (!good || result.status == Status::warn) out += yaml_block(result);
  return out;
}

/// A run that stopped early, or to which something was added, does not fit its plan: that must be seen.
std::string end_tap(const Report& report, ExitCode /*code*/, std::size_t planned) {
  if (report.results.empty()) return "Bail out! nothing was checked\n";
  if (report.results.size() > planned)
    return fmt::format("Bail out! {}\n", description(report.results.back().summary));
  if (report.results.size() < planned) return "Bail out! the run ended before its plan\n";
  return {};
}

constexpr PieceWriter k_tap_pieces{begin_tap, point, end_tap};

std::string write_tap_report(const Report& report, const Look&, ExitCode code) {
  const std::size_t total = report.results.size();
  std::string out = begin_tap(report, total);
  for (std::size_t at = 0; at < total; ++at) out += point(report.results[at], at + 1);
  return out + end_tap(report, code, total);
}

const Registered<Writer> k_tap_writer{Writer{.format = "tap",
                                             .help = "Test Anything Protocol 14, unknown is not ok",
                                             .report = write_tap_report,
                                             .table = nullptr,
                                             .pieces = &k_tap_pieces}};

}  // namespace
}  // namespace exai::cli
