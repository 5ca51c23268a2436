// Points in time as text, in UTC (ISO 8601).
#pragma once

#include "core/deadline.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace exai {

/// "2026-11-21T14:03:07.250Z"
std::string format_utc(Wall at);
/// "2027-01-31T12:00:00Z", cut to the second.
std::string utc_seconds(Wall at);
/// "2027-01-31T12:00:00Z" or "2027-01-31" (its first second); nothing for anything else.
std::optional<Wall> parse_utc(std::string_view text);

}  // namespace exai
