// Findings of a scan as SARIF 2.1.0: for code scanning in CI, with the help of each rule.
#pragma once

#include "suite/surface/scan.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace exai::suite {

/// One run with all rules. A finding stands in the file of its input at the line of its pointer, when that
/// input came from a file whose text is given; its logical location is the place in any case. `texts` go with
/// the inputs by number, "" for what came from a server.
std::string sarif_text(const std::vector<ScanFinding>& findings, const std::vector<ScanInput>& inputs,
                       const std::vector<std::string>& texts, std::string_view version);

/// The line, from 1, on which the value of that pointer begins in a JSON text, or its nearest parent's; 0
/// when the text is none. One entry for each pointer, in one walk through the text.
std::vector<int> lines_of(std::string_view json, const std::vector<std::string>& pointers);

}  // namespace exai::suite
