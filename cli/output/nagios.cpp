#include "cli/output/layout.hpp"
#include "core/text.hpp"

#include <array>
#include <cmath>

#include <fmt/core.h>

namespace exai::cli {
namespace {

/// A line without '|', which parts text from performance data.
std::string plain(std::string_view text) {
  std::string out = one_line(text, Look{});
  std::replace(out.begin(), out.end(), '|', '/');
  return out;
}

std::string label(const CheckResult& result, const Fact& fact) {
  std::string out = result.id + "." + fact.name;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '\'' || c == '=' || c == '|' || c == '\n'; }, '_');
  return out;
}

/// The units that the plugin guidelines know; others are left out.
std::string_view unit_of(const Fact& fact) {
  if (fact.unit == "bytes" || fact.unit == "B") return "B";
  for (const std::string_view known : {"s", "ms", "us", "%", "KB", "MB", "GB", "TB", "c"})
    if (fact.unit == known) return known;
  return "";
}

std::string performance(const Report& report) {
  std::vector<std::string> items;
  for (const CheckResult& result : report.results)
    for (const Fact& fact : result.facts) {
      if (!fact.number || !std::isfinite(*fact.number)) continue;
      const auto limit = [](const std::optional<double>& value) {
        return value ? fmt::format("{}", *value) : std::string{};
      };
      items.push_back(fmt::format("'{}'={}{};{};{}", label(result, fact), *fact.number, unit_of(fact),
                                  limit(fact.warn), limit(fact.crit)));
    }
  return join(items, " ");
}

std::string headline(const Report& report) {
  std::vector<std::string> ids;
  for (const CheckResult& result : report.results)
    if (result.status != Status::pass && result.status != Status::skip) ids.push_back(plain(result.id));
  if (report.results.empty()) return "nothing was checked";
  if (ids.empty()) return fmt::format("{} ok", counted(report.count(Status::pass), "check"));
  const std::size_t all = ids.size();
  if (ids.size() > 5) ids.resize(5);
  return fmt::format("{} of {} not ok: {}{}", all, report.results.size(), join(ids, ", "),
                     all > 5 ? ", ..." : "");
}

std::string write_nagios_report(const Report& report, const Look&, ExitCode code) {
  static constexpr std::array<std::string_view, 4> k_words{"OK", "WARNING", "CRITICAL", "UNKNOWN"};
  const int number = int(nagios_code(report, code));
  std::string out = fmt::format("EXAI {} - {}", k_words.at(std::size_t(number)), headline(report));
  if (const std::string data = performance(report); !data.empty()) out += " |" + data;
  out += "\n";
  for (const CheckResult& result : report.results) {
    if (result.status == Status::pass || result.status == Status::skip) continue;
    out += fmt::format("{} {}: {}", status_word(result.status), plain(result.id), plain(result.summary));
    if (!result.hint.empty()) out += fmt::format(" (try {})", plain(result.hint));
    out += "\n";
  }
  return out;
}

const Registered<Writer> k_nagios_writer{
    Writer{.format = "nagios",
           .help = "one line for Nagios and Icinga; the exit code becomes 0, 1, 2 or 3",
           .report = write_nagios_report,
           .table = nullptr}};

}  // namespace

ExitCode nagios_code(const Report& report, ExitCode code) {
  if (code == ExitCode::pass) return ExitCode(report.verdict() == Status::warn ? 1 : 0);
  return ExitCode(code == ExitCode::fail ? 2 : 3);
}

}  // namespace exai::cli
