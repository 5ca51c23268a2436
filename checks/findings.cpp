#include "checks/findings.hpp"

#include <algorithm>

#include <fmt/core.h>

namespace exai::checks {

CheckResult findings_result(std::vector<Finding> findings, std::string good) {
  CheckResult result;
  result.status = worse(worst(findings), Status::pass);
  result.summary = std::move(good);
  const auto weight = [](const Finding& finding) { return finding.severity != Status::skip; };
  const auto others = std::count_if(findings.begin(), findings.end(), weight) - 1;
  if (others >= 0) {
    const Finding* first = &*std::find_if(findings.begin(), findings.end(), weight);
    for (const Finding& finding : findings)
      if (worse(finding.severity, first->severity) != first->severity) first = &finding;
    result.summary =
        first->where ? fmt::format("{}: {}", to_string(*first->where), first->message) : first->message;
    if (others > 0) result.summary += fmt::format(" (and {} more)", others);
    result.hint = first->hint;
  }
  if (result.status == Status::fail) result.cause = Cause::config;
  result.findings = std::move(findings);
  return result;
}

}  // namespace exai::checks
