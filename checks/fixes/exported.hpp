// What the running server does not show of the six repairs that the original announced.
#pragma once

#include "core/report.hpp"

#include <string_view>

namespace exai::checks {

/// A failure: the server is older than this program.
CheckResult not_exported(std::string_view what);

}  // namespace exai::checks
