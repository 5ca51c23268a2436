// What a server says about when to come back (RFC 9110 10.2.3), read generously.
#pragma once

#include "core/deadline.hpp"

#include <optional>
#include <string_view>

namespace exai {

/// Nobody is believed who wants to be left alone for longer.
inline constexpr Millis k_max_retry_after{std::chrono::hours(1)};

/// "7", "1.5", or a date in one of HTTP's three forms ("Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94
/// 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"): how long from `now` on, from zero to an hour. Nothing when it
/// is neither.
std::optional<Millis> parse_retry_after(std::string_view text, Wall now);

/// A date in one of HTTP's three forms; two-digit years are those nearest to `now` (RFC 9110 5.6.7).
std::optional<Wall> parse_http_date(std::string_view text, Wall now);

}  // namespace exai
