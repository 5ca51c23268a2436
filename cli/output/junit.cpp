#include "cli/output/layout.hpp"
#include "core/text.hpp"
#include "core/utc.hpp"

#include <fmt/core.h>

namespace exai::cli {
namespace {

/// Text for XML 1.0: markup escaped, and characters left out that it cannot hold at all.
std::string xml(std::string_view text) {
  std::string out;
  const std::string clean = printable(text);
  for (std::size_t at = 0; at < clean.size(); ++at) {
    const std::string_view rest = std::string_view(clean).substr(at);
    if (rest.rfind("\xEF\xBF\xBE", 0) == 0 || rest.rfind("\xEF\xBF\xBF", 0) == 0) {
      out += "?";
      at += 2;
      continue;
    }
    switch (clean[at]) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      case '\t':
        out += "&#9;";
        break;
      default:
        out += clean[at];
    }
  }
  return out;
}

std::string seconds(Micros duration) {
  return fmt::format("{:.6f}", millis_of(duration) / 1000.0);
}

std::string suite_of(const CheckResult& result) {
  return result.group.empty() ? "exai" : result.group;
}

std::string body(const CheckResult& result) {
  std::string out = result.summary;
  for (const Finding& finding : result.findings) {
    out += fmt::format("\n{}{}{}", finding.where ? to_string(*finding.where) : "", finding.where ? ": " : "",
                       finding.message);
    if (!finding.hint.empty()) out += fmt::format(" (try {})", finding.hint);
  }
  if (!result.hint.empty()) out += fmt::format("\ntry {}", result.hint);
  return out;
}

/// A result that is not a pass: failure and error are distinct, a warning is a pass with output.
std::string inside(const CheckResult& result) {
  const std::string message = xml(result.summary);
  switch (result.status) {
    case Status::pass:
      return {};
    case Status::warn:
      return fmt::format("<system-out>{}</system-out>", xml("warning: " + body(result)));
    case Status::skip:
      return fmt::format("<skipped message=\"{}\"/>", message);
    case Status::fail:
      return fmt::format("<failure message=\"{}\">{}</failure>", message, xml(body(result)));
    case Status::unknown:
      return fmt::format("<error message=\"{}\">{}</error>", message, xml(body(result)));
  }
  return {};
}

std::string suite_xml(const Report& report, const std::string& name) {
  std::string cases;
  std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
  Micros time{0};
  for (const CheckResult& result : report.results) {
    if (suite_of(result) != name) continue;
    ++tests;
    failures += result.status == Status::fail ? 1 : 0;
    errors += result.status == Status::unknown ? 1 : 0;
    skipped += result.status == Status::skip ? 1 : 0;
    time += result.duration;
    const std::string inner = inside(result);
    const std::string head = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"{}\"", xml(name),
                                         xml(result.id), seconds(result.duration));
    cases += inner.empty() ? head + "/>\n" : fmt::format("{}>{}</testcase>\n", head, inner);
  }
  return fmt::format(
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\" time=\"{}\" "
      "timestamp=\"{}\" hostname=\"{}\">\n{}  </testsuite>\n",
      xml(name), tests, failures, errors, skipped, seconds(time), format_utc(report.started),
      xml(report.host), cases);
}

std::string write_junit_report(const Report& report, const Look&, ExitCode) {
  std::vector<std::string> names;
  for (const CheckResult& result : report.results)
    if (std::find(names.begin(), names.end(), suite_of(result)) == names.end())
      names.push_back(suite_of(result));
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{}\">\n",
                     xml(report.title), report.results.size(), report.count(Status::fail),
                     report.count(Status::unknown), seconds(report.duration));
  for (const std::string& name : names) out += suite_xml(report, name);
  return out + "</testsuites>\n";
}

const Registered<Writer> k_junit_writer{
    Writer{.format = "junit",
           .help = "JUnit XML: failure is a failed check, error one that could not be asked",
           .report = write_junit_report,
           .table = nullptr}};

}  // namespace
}  // namespace exai::cli
