// Rules between settings, which no single row of the table can hold. Pure; the judge of a configuration and
// the checks that look at one of them ask here.
#pragma once

#include "core/config.hpp"
#include "core/report.hpp"

#include <vector>

namespace exai {

/// What contradicts: pings, limits, sizes, profiles, keys that must differ.
std::vector<Finding> contradictions(const Config& config);

/// Listeners that would meet on one port. Port 0 meets nothing: the system picks another one each time.
std::vector<Finding> port_collisions(const Config& config);

}  // namespace exai
