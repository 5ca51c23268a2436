// What another exai said with -o json.
#pragma once

#include "core/status.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai::runbooks {

/// The verdict of its report, or its error, and a line about it. Words before the object are passed over.
/// Nothing when there is no such object.
struct ChildReport {
  Status verdict = Status::unknown;
  std::string summary, hint;
};
std::optional<ChildReport> read_child_report(std::string_view text);

}  // namespace exai::runbooks
