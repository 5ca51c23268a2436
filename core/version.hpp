// Who we are: generated constants of the build.
#pragma once

#include <string_view>

namespace exai {
/// "0.1.0", from CMakeLists.txt.
std::string_view version();
/// The date of this version, fixed so that man pages are reproducible: "2026-11-21".
std::string_view version_date();
}  // namespace exai
