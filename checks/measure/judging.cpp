#include "checks/measure/judging.hpp"

#include "core/check.hpp"

#include <fmt/core.h>

namespace exai::checks {

double to_millis(Micros time) {
  return static_cast<double>(time.count()) / 1000.0;
}

std::string millis_text(Micros time) {
  return fmt::format("{:.3g} ms", to_millis(time));
}

void add_time(CheckResult& result, std::string name, Micros time) {
  result.facts.push_back({std::move(name), millis_text(time), to_millis(time), "ms", {}, {}});
}

void add_text(CheckResult& result, std::string name, std::string text) {
  result.facts.push_back({std::move(name), std::move(text), {}, "", {}, {}});
}

CheckResult of_findings(std::vector<Finding> findings, std::string good) {
  CheckResult result = check_pass(std::move(good));
  for (const Finding& finding : findings) {
    if (worse(finding.severity, result.status) == result.status) continue;
    result.status = finding.severity;
    result.summary = finding.message;
    result.hint = finding.hint;
  }
  if (result.status == Status::fail) result.cause = Cause::config;
  if (findings.size() > 1) result.findings = std::move(findings);  // one alone is the summary
  return result;
}

}  // namespace exai::checks
