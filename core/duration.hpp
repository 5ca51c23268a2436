// Durations as people write them, kept in exact milliseconds.
#pragma once

#include "core/result.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace exai {

using Millis = std::chrono::milliseconds;
/// What was measured: a check that reads a file takes less than a millisecond.
using Micros = std::chrono::microseconds;

/// Reads "250ms", "10s", "67.5s", "1m30s", "2h", "7d". `bare_unit` says what a number without a unit means
/// ("s", "ms", ...); empty means that a bare number is refused, as on the command line. A value that is no
/// whole number of milliseconds is refused: nothing is ever rounded.
Result<Millis> parse_duration(std::string_view text, std::string_view bare_unit = {});

/// The shortest exact form: "67.5s", "250ms", "1m30s".
std::string format_duration(Millis value);

/// Seconds with just the decimals needed: 67500 -> "67.5".
std::string format_seconds(Millis value);

}  // namespace exai
