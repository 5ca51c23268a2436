// A run of the suite as one page that needs nothing else: no script, no file beside it, no network.
#pragma once

#include "core/report.hpp"

#include <string>

namespace exai::suite {

/// Figures, pass rate and duration by tool as drawings, every case with its reason; light and dark as the
/// reader's screen wants it. All texts are escaped. `report` is what case_results() made, with its head.
std::string html_page(const Report& report);

}  // namespace exai::suite
