// What judges have in common: times as facts, and several findings as one result.
#pragma once

#include "core/report.hpp"

#include <string>
#include <vector>

namespace exai::checks {

/// In milliseconds.
double to_millis(Micros time);
/// "0.21 ms", three digits.
std::string millis_text(Micros time);
void add_time(CheckResult& result, std::string name, Micros time);
void add_text(CheckResult& result, std::string name, std::string text);

/// The worst of the findings says it, `good` where none has weight; all of them are listed when there are
/// several.
CheckResult of_findings(std::vector<Finding> findings, std::string good);

}  // namespace exai::checks
