#include "core/report.hpp"

namespace exai {

Status Report::verdict() const {
  Status status = Status::skip;
  bool executed = false;
  for (const CheckResult& result : results) {
    executed = executed || result.status != Status::skip;
    if (result.cause != Cause::tolerated) status = worse(status, result.status);
  }
  return executed ? status : Status::unknown;
}

std::size_t Report::count(Status status) const {
  return static_cast<std::size_t>(std::count_if(
      results.begin(), results.end(), [&](const CheckResult& result) { return result.status == status; }));
}

Status worst(const std::vector<Finding>& findings) {
  Status status = Status::pass;
  for (const Finding& finding : findings) status = worse(status, finding.severity);
  return status;
}

}  // namespace exai
